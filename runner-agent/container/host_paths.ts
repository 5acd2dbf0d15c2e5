/**
 * How the process driver shows a sandbox's paths without a sandbox: it cannot mount, so it rewrites. Pure.
 *
 * A path is rewritten when it is the whole of a value: the work directory, the value of an environment variable, one
 * argument, the socket of a forward. A path inside a longer text (a script, a file) is not found; commands that
 * must run under this driver use relative paths and `$HOME`.
 */

import type { ContainerSpec } from "../ports.ts";

/** Sandbox target -> host directory, for mounts and for the directories that stand in for memory file systems. */
export type PathMap = Readonly<Record<string, string>>;

/** The host path of a sandbox path: by its longest mounted ancestor; a path that nothing covers stays. */
export function toHostPath(map: PathMap, path: string): string {
  let best: string | null = null;
  for (const target of Object.keys(map)) {
    const covers = path === target || path.startsWith(`${target}/`);
    if (covers && (best === null || target.length > best.length)) best = target;
  }
  return best === null ? path : map[best]! + path.slice(best.length);
}

/** Rewrites `127.0.0.1:7400` and `localhost:7400` to the port that this run was given instead. */
export function toHostPorts(ports: Readonly<Record<number, number>>, text: string): string {
  return text.replaceAll(/\b(127\.0\.0\.1|localhost):(\d+)/g, (whole, host, port) => {
    const own = ports[Number(port)];
    return own === undefined ? whole : `${host}:${own}`;
  });
}

/** What to spawn on the host for a spec. */
export interface HostCommand {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** `PORT=SOCKET` words for `init.sh`. */
  readonly forwards: readonly string[];
}

/** Rewrites a whole spec. `ports` maps the sandbox's ports to free ones of the host. */
export function toHostCommand(
  spec: ContainerSpec,
  map: PathMap,
  ports: Readonly<Record<number, number>>,
): HostCommand {
  const rewrite = (text: string) => toHostPorts(ports, toHostPath(map, text));
  return {
    cwd: toHostPath(map, spec.workDir),
    env: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, rewrite(value)])),
    args: spec.command.map(rewrite),
    forwards: Object.entries(spec.forwards).map(([port, socket]) =>
      `${ports[Number(port)]}=${toHostPath(map, socket)}`
    ),
  };
}
