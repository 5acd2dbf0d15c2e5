/** A session against a terminal and a clock that tests move; the test plays the CLI. */
import { ManualClock, settled } from "../../test/fake/manual_clock.ts";
import type { AgentEventType, TokenUsage } from "../agent_ports.ts";
import { claudeSession } from "../harness/claude_session.ts";
import type { SessionState } from "../domain/agent/session_state.ts";
import { AgentSession, type AgentSessionDeps } from "./agent_session.ts";
import type { SessionFile } from "./session_file.ts";
import type { AgentTerminal } from "./terminal.ts";

/** A first boot's box is at rest at once: most tests are about what comes after. */
const BOX_REST_MS = { fresh: 0, resumed: 1_000 };

export const COMMAND = { runId: "r1" } as const;

/** A terminal that notes what is done to it; the test plays the CLI. */
export class FakeTerminal implements AgentTerminal {
  /** Without the looks at the input box before the first paste. */
  readonly done: string[] = [];
  text = "❯ ";
  isWatched = false;
  fails = false;

  submit(text: string): Promise<void> {
    return this.#note(`submit ${text}`);
  }
  press(keys: readonly string[]): Promise<void> {
    return this.#note(`press ${keys.join(" ")}`);
  }
  screen(): Promise<string> {
    if (this.done.some((one) => one.startsWith("submit"))) return this.#note("screen").then(() => this.text);
    return Promise.resolve(this.text);
  }
  isAttached(): Promise<boolean> {
    return this.#note("look").then(() => this.isWatched);
  }
  finish(status: number): Promise<void> {
    return this.#note(`finish ${status}`);
  }
  #note(what: string): Promise<void> {
    if (this.fails) return Promise.reject(new Error("no answer"));
    this.done.push(what);
    return Promise.resolve();
  }
}

export interface Rig {
  readonly clock: ManualClock;
  readonly terminal: FakeTerminal;
  readonly session: AgentSession;
  readonly events: { readonly type: AgentEventType; readonly payload: Readonly<Record<string, unknown>> }[];
  readonly deps: AgentSessionDeps;
  hook(name: string, payload?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** kill -9, and the runner of afterwards. */
  crash(): Promise<Rig>;
  stop(): void;
}

/** The file is what survives. */
export class MemoryFile implements SessionFile {
  text: string | null = null;
  load(): Promise<SessionState | null> {
    return Promise.resolve(this.text === null ? null : JSON.parse(this.text));
  }
  save(state: SessionState): Promise<void> {
    this.text = JSON.stringify(state);
    return Promise.resolve();
  }
}

export async function rig(
  change: Partial<AgentSessionDeps> = {},
  terminal = new FakeTerminal(),
): Promise<Rig> {
  const clock = (change.clock as ManualClock | undefined) ?? new ManualClock();
  const events: Rig["events"] = [];
  const deps: AgentSessionDeps = {
    file: new MemoryFile(),
    task: "the task",
    events: {
      append: (type, payload) => {
        events.push({ type, payload });
        return Promise.resolve();
      },
    },
    clock,
    budget: { tokens: null, costUsd: null, turns: null, wallMs: null },
    usageFiles: countingNothing(),
    clean: (text) => text.replaceAll("s3cret", "***"),
    hasConcluded: () => false,
    wantsToStop: () => Promise.resolve(null),
    harvest: () => Promise.resolve(null),
    onFault: () => {},
    ...change,
    harness: { ...(change.harness ?? claudeSession), inputBox: "^❯", boxRestMs: BOX_REST_MS },
  };
  const session = await AgentSession.open(deps);
  const over = new AbortController();
  const running = session.run(terminal, over.signal);
  await settled();
  return {
    clock,
    terminal,
    session,
    events,
    deps,
    hook: (name, payload = {}) =>
      session.onHook({ name, payload }).then(async (answer) => (await settled(), answer)),
    async crash() {
      over.abort();
      await running;
      return await rig({ ...deps, clock }, terminal);
    },
    stop: () => over.abort(),
  };
}

export function counting(total: TokenUsage): AgentSessionDeps["usageFiles"] {
  return { ...countingNothing(), look: () => Promise.resolve([{ path: "/home/agent/x", total }]) };
}

export function countingNothing(): AgentSessionDeps["usageFiles"] {
  const nothing = () => Promise.resolve([]);
  return { look: nothing, lookAgain: nothing, takeFailure: () => null, takeRead: () => [] };
}

export const NO_USAGE = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: null,
};

/** To the moment at which the agent has taken its task. */
export async function working(change: Partial<AgentSessionDeps> = {}): Promise<Rig> {
  const world = await rig(change);
  await world.session.boot(null);
  await world.session.onToolsListed();
  await settled();
  await world.hook("UserPromptSubmit", { prompt: "the task" });
  return world;
}

export function kinds(world: Rig): readonly string[] {
  return world.session.state.queue.messages.map((one) => `${one.id} ${one.state.kind}`);
}
