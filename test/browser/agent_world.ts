/** What the agent of a run would tell, by hand. */
import type { AgentCommand } from "../../protocol/agent/commands.ts";
import type { PolledJob } from "../../protocol/line/runner.ts";
import type { FakeRunner } from "./factory.ts";

type Said = readonly [type: string, payload: Readonly<Record<string, unknown>>];

export interface AgentTold {
  say(...said: Said): Promise<void>;
  sayAll(said: readonly Said[]): Promise<void>;
  status(payload: Readonly<Record<string, unknown>>): Promise<void>;
  message(id: string, state: string): Promise<void>;
  settle(id: string, done: Readonly<Record<string, unknown>>): Promise<void>;
  /** Those that are not done, as a heartbeat brings them. */
  commands(): Promise<readonly AgentCommand[]>;
}

/** Counts the events of one run. */
export function agentTold(runner: FakeRunner, job: PolledJob): AgentTold {
  let sequence = 0;
  const sayAll = (said: readonly Said[]) =>
    runner.call("POST", `/runs/${job.runId}/jobs/${job.id}/events`, {
      leaseEpoch: job.leaseEpoch,
      events: said.map(([type, payload]) => ({ sequence: sequence++, atMs: Date.now(), type, payload })),
    }).then(() => undefined);
  return {
    sayAll,
    say: (...said) => sayAll([said]),
    status: (payload) => sayAll([["status_change", payload]]),
    message: (id, state) => sayAll([["message", { id, state, bytes: 12, interrupt: false }]]),
    settle: async (id, done) => void await runner.call("POST", `/runs/${job.runId}/commands/${id}`, done),
    commands: async () => {
      const answer = await runner.beat(job);
      return (answer as { agentCommands?: AgentCommand[] } | null)?.agentCommands ?? [];
    },
  };
}
