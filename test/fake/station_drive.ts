/** A station's pipeline in a sandbox that is data, with people who answer, over lives of the runner. */
import { ok } from "../../protocol/result.ts";
import { agentDefinition, polledJob } from "./polled_job.ts";
import { FakeSandbox } from "./station_sandbox.ts";
import { withTempDir } from "./temp_dir.ts";
import type { EventOf } from "../../runner-agent/agent/event_payloads.ts";
import { type TokenUsage } from "../../runner-agent/agent_ports.ts";
import { realClock } from "../../runner-agent/container/test_world.ts";
import type { PromptCall } from "../../runner-agent/pipeline/effect.ts";
import { callId } from "../../runner-agent/job/pipeline/call_id.ts";
import {
  type PipelineDrive,
  type PipelineDriveDeps,
  startPipelineDrive,
} from "../../runner-agent/job/pipeline/pipeline_drive.ts";
import { createStationPipeline } from "../../runner-agent/job/pipeline/station_pipeline.ts";
import type { StationPrompts } from "../../runner-agent/job/pipeline/station_prompts.ts";
import type {
  QuestionDesk,
  RunQuestion,
  RunQuestionAnswer,
  SandboxCalls,
} from "../../runner-agent/job/pipeline/station_ports.ts";

export interface DriveStage {
  readonly root: string;
  readonly sandbox: FakeSandbox;
  readonly events: EventOf[];
  readonly broken: string[];
  readonly asked: (RunQuestion & { isWithdrawn?: true })[];
  readonly used: TokenUsage[];
  /** Resolves once so many questions were asked. */
  untilAsked(count: number): Promise<void>;
  /** A life of the runner. */
  start(change?: Partial<PipelineDriveDeps>): Promise<PipelineDrive>;
}

export interface StageOptions {
  readonly does: ConstructorParameters<typeof FakeSandbox>[0];
  readonly answer?: (question: RunQuestion) => RunQuestionAnswer | Promise<RunQuestionAnswer>;
}

const RUN = "run-1";

export async function withDriveStage(
  pipeline: string,
  { does, answer = () => ({ kind: "cancelled" }) }: StageOptions,
  body: (stage: DriveStage) => Promise<void>,
): Promise<void> {
  await withTempDir(async (root) => {
    const sandbox = new FakeSandbox(does);
    const events: EventOf[] = [];
    const broken: string[] = [];
    const asked: (RunQuestion & { isWithdrawn?: true })[] = [];
    const used: TokenUsage[] = [];
    const waiting = new Set<() => void>();
    const questions: QuestionDesk = {
      ask(question, signal) {
        const one: RunQuestion & { isWithdrawn?: true } = { ...question };
        asked.push(one);
        for (const look of waiting) look();
        const withdrawn = new Promise<RunQuestionAnswer>((resolve) =>
          signal.addEventListener("abort", () => {
            one.isWithdrawn = true;
            resolve({ kind: "cancelled" });
          })
        );
        return Promise.race([Promise.resolve(answer(question)), withdrawn]);
      },
    };
    await body({
      root,
      sandbox,
      events,
      broken,
      asked,
      used,
      untilAsked: (count) =>
        new Promise((resolve) => {
          const look = () => asked.length >= count && resolve();
          waiting.add(look);
          look();
        }),
      async start(change = {}) {
        const decided = createStationPipeline(NOWHERE, RUN, root);
        await decided.load();
        const job = polledJob({
          agentDefinition: agentDefinition({ operatorConfig: { agent: "claude", pipeline } }),
        });
        const made = await decided.decide(job, false);
        if (!made.ok) throw new Error(made.error);
        await decided.write();
        const calls = sandbox.life();
        return startPipelineDrive({
          runId: RUN,
          root,
          workspace: "/work/space",
          agentHome: "/home/agent",
          prompt: "the task",
          model: null,
          harness: "claude",
          pipeline: decided,
          calls,
          forgetCalls: () => calls.forget(),
          backends: promptsIn(),
          questions,
          secrets: ["secret-word"],
          clock: realClock,
          budget: { turns: null, over: () => null, used: (usage) => void used.push(usage) },
          busy: (_what, act) => act(),
          append: (event) => void events.push(event),
          onBroken: (why) => void broken.push(why),
          ...change,
        });
      },
    });
  });
}

const NOWHERE = {
  worktrees: {
    filesAtBase: () => Promise.resolve(ok(new Map())),
    fileAtBase: () => Promise.resolve(ok(null)),
  },
  sandboxPaths: { agentHome: "/home/agent", workspace: "/work/space" },
  ability: { harnesses: ["claude" as const], forcedHarness: null, runtime: "podman" as const },
};

/** A CLI whose program is named `cli`, and whose output is its answer. */
function promptsIn(): StationPrompts {
  return {
    async invoke(
      effectId: string,
      call: PromptCall,
      { calls, signal }: { calls: Pick<SandboxCalls, "run">; signal: AbortSignal },
    ) {
      let response = "";
      const request = {
        argv: ["cli", call.stepId],
        env: {},
        stdin: call.prompt,
        timeoutMs: null,
        onStdout: (bytes: Uint8Array) => void (response += new TextDecoder().decode(bytes)),
      };
      const end = await calls.run(callId(RUN, effectId), request, signal);
      if (end.kind !== "ended") throw new Error(`the test's CLI came to no end: ${end.kind}`);
      const numbers = { costUsd: 0.25, inputTokens: 100, outputTokens: 20 };
      const answer = { response, sessionId: `s-${call.stepId}`, thinking: null, model: null, toolEvents: [] };
      return ok({ ...answer, ...numbers });
    },
  };
}
