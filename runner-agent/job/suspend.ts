/**
 * Takes the sandbox of an agent away so that the agent can go on in another (Runtime 2.2.8). Each step may be repeated after a
 * crash.
 *
 * 1. What the sandbox has written is kept before it is removed: the output of a run is one stream, which a restarted runner
 *    reads from its beginning.
 * 2. The session's files are mended where the CLI needs it, then the home is copied, before the removal; a session that
 *    cannot be continued begins again from that copy.
 */
import { join } from "node:path";
import { createRedactor } from "../domain/redaction.ts";
import { STOP_GRACE_MS } from "../limits.ts";
import { removeTree } from "../worktree/run_directory.ts";
import type { RunAgent } from "./run_agent.ts";
import type { RunContext } from "./run_context.ts";

/** Ends the harness, then its sandbox. */
export async function stopForSuspend(
  { deps }: RunContext,
  agent: RunAgent,
  containerId: string,
): Promise<void> {
  await agent.suspend(containerId);
  await deps.runtime.stop(containerId, STOP_GRACE_MS);
}

/** The container has ended; its output was sent as far as anybody took it. */
export async function keepAndRemove(
  context: RunContext,
  agent: RunAgent,
  containerId: string,
): Promise<void> {
  await keepOutput(context, containerId, agent.session.state.boots);
  await agent.mend();
  await snapshotHome(context);
  await agent.session.suspended();
  await context.deps.runtime.remove(containerId);
}

/** A harness that was to continue could not: its home is as it was before. */
export async function restoreHome({ dirs }: RunContext): Promise<void> {
  const snapshot = join(dirs.root, "home.snapshot");
  await removeTree(dirs.home);
  await copyTree(snapshot, dirs.home);
}

/** The files of {@link keepOutput} of all sandboxes before the present one, the first first. */
export function formerOutputs({ dirs }: RunContext, boots: number): readonly string[] {
  return Array.from(
    { length: Math.max(0, boots - 1) },
    (_, at) => join(dirs.root, `former_output.${at + 1}`),
  );
}

async function keepOutput(context: RunContext, containerId: string, boot: number): Promise<void> {
  const { deps, dirs, secrets } = context;
  const path = join(dirs.root, `former_output.${boot}`);
  {
    using file = await Deno.open(`${path}.new`, { create: true, write: true, truncate: true, mode: 0o600 });
    const redactors = { stdout: createRedactor(secrets), stderr: createRedactor(secrets) };
    const put = (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    };
    await deps.runtime.output(
      containerId,
      (stream, bytes) => put(redactors[stream].push(bytes)),
      new AbortController().signal,
    );
    put(redactors.stdout.end());
    put(redactors.stderr.end());
  }
  await Deno.rename(`${path}.new`, path);
}

async function snapshotHome({ dirs }: RunContext): Promise<void> {
  const snapshot = join(dirs.root, "home.snapshot");
  await removeTree(`${snapshot}.new`);
  await copyTree(dirs.home, `${snapshot}.new`);
  await removeTree(snapshot);
  await Deno.rename(`${snapshot}.new`, snapshot);
}

/** Owners, modes and links stay what they are; where the file system can, nothing is copied. */
async function copyTree(from: string, to: string): Promise<void> {
  const done = await new Deno.Command("cp", {
    args: ["-a", "--reflink=auto", "--", from, to],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!done.success) {
    throw new Error(`Cannot copy the agent's home as cp must succeed: it ended with ${done.code}`);
  }
}
