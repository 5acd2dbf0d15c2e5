/**
 * Our own runner at the real Worker, whole but for its sandbox, which plays the station's command as a script
 * (`dummy_container.ts`); and a network in between that can be cut.
 */
import { join } from "node:path";
import type { RunnerRegistered } from "../../protocol/line/runner.ts";
import { ok } from "../../protocol/result.ts";
import { readRunConfig } from "../../runner-agent/config.ts";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import { type DaemonOutcome, runDaemon } from "../../runner-agent/job/daemon.ts";
import { openJournal } from "../../runner-agent/job/journal.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createDaemonDeps, stateDirOf } from "../../runner-agent/job/wiring.ts";
import type { HarnessAdapter, Transport } from "../../runner-agent/ports.ts";
import { station } from "../worker/work_fixture.ts";
import type { TestProject } from "./plane.ts";

/** A station whose command is lines of `DUMMY_...=value`. */
export function scriptedStation(id: string, script: Readonly<Record<string, string | number>>) {
  const command = Object.entries(script).map(([name, value]) => `${name}=${value}`).join("\n");
  return station(id, { operatorConfig: { command } });
}

const scriptHarness: HarnessAdapter = {
  name: "command",
  provider: null,
  plan: ({ command }) =>
    ok({
      command: ["dummy"],
      env: Object.fromEntries((command ?? "").split("\n").map((line) => line.split("=", 2))),
      homeFiles: {},
    }),
};

export interface SocketRunner {
  readonly events: readonly { readonly event: string; readonly [field: string]: unknown }[];
  readonly world: DummyWorld;
  /** Drains and waits. */
  drain(): Promise<DaemonOutcome>;
}

/** Starts a runner that talks to `serverUrl`. */
export async function startSocketRunner(
  options: {
    readonly root: string;
    readonly serverUrl: string;
    readonly at: TestProject;
    readonly registered: RunnerRegistered;
    readonly transport: Transport;
    readonly jobs?: number;
    readonly heartbeatSeconds?: number;
  },
): Promise<SocketRunner> {
  const { root, at, registered } = options;
  const stateDir = stateDirOf(root, registered.id);
  await Deno.mkdir(stateDir, { recursive: true });
  const journal = await openJournal(join(stateDir, "journal.db"));
  const events: { event: string }[] = [];
  const world = new DummyWorld();
  const uid = Deno.uid() ?? 0;
  const deps = createDaemonDeps({
    config: readRunConfig({
      data: root,
      pollingInterval: "0.05",
      heartbeatSeconds: String(options.heartbeatSeconds ?? 20),
      transport: options.transport,
      jobs: String(options.jobs ?? 1),
    }, { env: {}, uid }),
    registration: {
      ...registered,
      server: options.serverUrl,
      owner: at.owner,
      project: at.project,
      labels: [],
    },
    runtime: new DummyContainer({ world, instance: registered.id, clock: systemClock }),
    journal,
    clock: systemClock,
    log: (event, fields) => events.push({ event, ...fields }),
    env: {},
    uid,
    print: null,
  });
  const drain = new AbortController();
  const never = new AbortController().signal;
  const outcome = runDaemon({ ...deps, harnessByName: () => scriptHarness }, {
    drain: drain.signal,
    stop: never,
    abandon: never,
  }).finally(() => journal.close());
  outcome.catch(() => undefined);
  return {
    events,
    world,
    drain: () => {
      drain.abort();
      return outcome;
    },
  };
}

export interface CuttableNetwork extends AsyncDisposable {
  readonly url: string;
  /** Connections right now. */
  readonly connections: number;
  /** Ends every connection in the middle of what it says. */
  cut(): void;
}

/** Passes bytes to a server until it is told to cut. */
export function openCuttableNetwork(serverUrl: string): CuttableNetwork {
  const target = new URL(serverUrl);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const pump = async (from: Deno.Conn, to: Deno.Conn) => {
    try {
      await from.readable.pipeTo(to.writable);
    } catch {
      // Cut, or ended by either side.
    }
    open.delete(from);
    open.delete(to);
  };
  const serving = (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: target.hostname, port: Number(target.port) });
      open.add(near).add(far);
      void pump(near, far);
      void pump(far, near);
    }
  })();
  const cut = () => {
    for (const connection of [...open]) {
      open.delete(connection);
      try {
        connection.close();
      } catch {
        // It has ended already.
      }
    }
  };
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    get connections() {
      return open.size / 2;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      cut();
      await serving;
    },
  };
}
