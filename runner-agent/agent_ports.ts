/**
 * The ports of an agent that lives in a terminal (Runtime 1.4, 1.5, 1.7, 2.2): what its harness must say of itself, and
 * what the session that drives it tells the rest of the runner. `ports.ts` has those of the sandbox and of the job.
 *
 * Rules: everything of a harness is pure (text in, text out); paths are those inside the sandbox; a key is never among
 * what a harness returns, as the runner adds it outside (S1).
 */
import type { AgentCommand, CommandOutcome } from "../protocol/agent/commands.ts";
import type { GoalLoop } from "./domain/agent/goal_loop.ts";
import type { AgentTool } from "../protocol/agent/tools.ts";
import type { HarnessName, ModelDialect, ModelProvider } from "./ports.ts";

/** An agent CLI that people can watch and talk to; `command` has no session. */
export type SessionHarnessName = Exclude<HarnessName, "command">;

/** How a run's agent is driven: in a terminal, or by its structured print mode (Runtime 2.2.9). */
export type AgentTransport = "tmux" | "structured";

// ------------------------------------------------------------------------------------------------- the home

/**
 * One contribution to a file of the agent's home; `path` is relative to the home. Contributions of `json` and `toml` to one
 * file are merged deeply, arrays replaced; those of `text` are joined by a blank line.
 */
export type HomeFile =
  | { readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly path: string; readonly json: Readonly<Record<string, unknown>>; readonly mode?: number }
  | { readonly path: string; readonly toml: Readonly<Record<string, unknown>>; readonly mode?: number };

// ------------------------------------------------------------------------------------------------- harness

/** An MCP server for the agent (Runtime 1.4). */
export interface McpServerConfig {
  readonly transport: "stdio" | "http" | "sse";
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Variables of the sandbox that a stdio server may see. */
  readonly envPassthrough?: readonly string[];
  /** Its tools are called without a question; default true. */
  readonly isTrusted?: boolean;
  readonly timeoutMs?: number;
}

/** Where the model is and what stands in for its key; the runner adds the real one (S1). */
export interface AuthConfig {
  readonly modelBaseUrl: string;
  readonly placeholderKey: string;
  /** Whose API the CLI is to speak; absent: the provider's own. */
  readonly dialect?: ModelDialect;
}

export interface ResolvedAuth {
  readonly method: "proxied_key";
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly HomeFile[];
}

/** `exact` names the session that is continued; `latest` leaves the choice to the CLI. */
export type ResumeWish = { readonly kind: "exact"; readonly sessionId: string } | { readonly kind: "latest" };

export interface CommandWish {
  readonly resume: ResumeWish | null;
  readonly model: string | null;
  /** Appended by the station or template. */
  readonly baseArgs: readonly string[];
  readonly pluginDirs: readonly string[];
  /** A system prompt was injected. */
  readonly hasSystemPrompt: boolean;
}

/** What a hook of the CLI told, as it came: `name` is the CLI's own event name. */
export interface HookEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One thing that a hook event means, in our words (Runtime 2.2.4). */
export type ActivitySignal =
  | { readonly kind: "session_started"; readonly sessionId: string | null; readonly isResumed: boolean }
  /** `prompt` word for word as the CLI took it: the receipt of a message. */
  | { readonly kind: "prompt_submitted"; readonly prompt: string }
  /** The running turn has read a prompt that was submitted within it at `atMs`: its receipt where no hook tells it. */
  | { readonly kind: "prompt_read"; readonly prompt: string; readonly atMs: number }
  | { readonly kind: "thinking" }
  | {
    readonly kind: "tool_started";
    readonly callId: string | null;
    readonly tool: string;
    readonly input: unknown;
  }
  | {
    readonly kind: "tool_ended";
    readonly callId: string | null;
    readonly tool: string;
    readonly output: unknown;
    readonly isError: boolean;
  }
  | { readonly kind: "waiting_for_input"; readonly about: string }
  | { readonly kind: "turn_ended"; readonly lastMessage: string | null; readonly isInterrupted: boolean }
  /** The model or the CLI failed within the turn; the turn is over. */
  | { readonly kind: "turn_failed"; readonly message: string }
  | { readonly kind: "usage"; readonly usage: TokenUsage }
  | { readonly kind: "session_ended"; readonly reason: string };

/** Tokens and cost of an answer, a turn or a run. No token is in two counters, whatever the CLI's own ones hold. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Null where neither the CLI nor our price list knows. */
  readonly costUsd: number | null;
}

/** A file of the session's own, which the CLI appends to and which holds the tokens of each answer of the model. */
export interface UsageFile {
  /** The absolute paths inside the sandbox that the event names: the session's, and that of a subagent. */
  pathsOf(event: HookEvent): readonly string[];
  /** Starts to count in one file; a resumed session's file begins with what it used before. */
  createTally(): UsageTally;
}

/** Counts the tokens of a file from its bytes in order, however they are cut. */
export interface UsageTally {
  /** What the text adds; a line that is cut is counted when its rest has come. */
  add(text: string): TokenUsage;
  /** Why a turn failed, if the text since the last call told of one; null where hooks tell it (`hasFailureHook`). */
  takeFailure(): string | null;
  /** Prompts that the text since the last call told were read within a turn; none where hooks tell of them. */
  takeRead(): readonly PromptRead[];
}

/** A prompt that a turn has read which ran when it was submitted, at `atMs` of the CLI's clock. */
export interface PromptRead {
  readonly prompt: string;
  readonly atMs: number;
}

/**
 * Drives one CLI in a terminal. One implementation per CLI; all pass `harness/session_contract.ts`. A new CLI is one
 * implementation and one entry of the registry.
 */
export interface SessionHarness {
  readonly name: SessionHarnessName;
  readonly provider: ModelProvider;
  /** The argv inside the terminal. Never holds a prompt (Runtime 2.2.5: 16 KB). */
  getCommand(wish: CommandWish): readonly string[];
  getEnv(agentName: string, agentHome: string): Readonly<Record<string, string>>;
  /** First-run gates answered, updates and telemetry off (Runtime 2.2.2). */
  provision(agentName: string, workspacePath: string): readonly HomeFile[];
  /** Adds to the vendor's own system prompt where the CLI can, never silently replaces it. */
  injectSystemPrompt(content: string): readonly HomeFile[];
  injectInstructions(content: string): readonly HomeFile[];
  applyMcpServers(servers: Readonly<Record<string, McpServerConfig>>): readonly HomeFile[];
  /** @param hookCommand A shell command; the event's name is appended as an argument, its JSON comes on stdin. */
  hooks(hookCommand: string): readonly HomeFile[];
  resolveAuth(auth: AuthConfig, model: string | null): ResolvedAuth;
  /** What a hook event means; empty for those that mean nothing. */
  signalsOf(event: HookEvent): readonly ActivitySignal[];
  /** Where the tokens of a turn are read; null where the hooks tell them (`usage` of `signalsOf`). */
  readonly usageFile: UsageFile | null;
  readonly supportsResume: boolean;
  /** False: what is given with a resume is dropped, so it is pasted afterwards. */
  readonly resumeAcceptsPrompt: boolean;
  /** tmux key names, pressed one after the other, 100 ms apart. */
  readonly interruptKeys: readonly string[];
  /** After an interrupt, what empties the input box; empty where nothing is put back. */
  readonly clearInputKeys: readonly string[];
  /** Whether an interrupt is told by a hook; else the session says itself that the turn is over. */
  readonly hasInterruptHook: boolean;
  /**
   * Whether `signalsOf` tells that a turn failed; else `usageFile` does, whose `takeFailure` is asked at the end of a
   * turn, and now and then while one runs, as a turn may fail without any hook.
   */
  readonly hasFailureHook: boolean;
  /** Mends the text of a session's file (`usageFile`) before it is resumed; null where the CLI reads what it writes. */
  readonly mendSessionFile: ((text: string) => string) | null;
  /** Whether a session start is told before the first prompt. */
  readonly startsBeforePrompt: boolean;
  /**
   * What a message does that is sent while a turn runs: it waits for the turn's end, or the turn reads it before its next
   * request to the model. Either has a receipt: the prompt's hook, or `usageFile` (`prompt_read`).
   */
  readonly messageWhileBusy: "queued" | "steers";
  /** From the paste to Enter. */
  readonly pasteSettleMs: number;
  /** The same from the moment at which the text's end stands in the box; null: this CLI needs the whole time all the same. */
  readonly seenSettleMs: number | null;
  /** What begins or fills a line of the drawn input box, with or without text: a regular expression (`domain/agent/input_box.ts`). */
  readonly inputBox: string;
  /** For so long the screen stands still before the first paste: keys are lost while it is drawn. */
  readonly boxRestMs: { readonly fresh: number; readonly resumed: number };
  /** argv whose output holds the version. */
  readonly versionProbe: readonly string[];
}

// ------------------------------------------------------------------------------------------------- sidecars

/** A program beside the agent in its sandbox (Runtime 1.7). */
export interface ServiceSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly restart: "always" | "on-failure" | "never";
  readonly env: Readonly<Record<string, string>>;
  readonly readyCheck: ReadyCheck | null;
  /** When it has given up, the agent's run fails; else only its activity says so. */
  readonly isRequired: boolean;
}

export type ReadyCheck =
  | { readonly type: "tcp"; readonly host: string; readonly port: number; readonly timeoutMs: number }
  | { readonly type: "http"; readonly url: string; readonly timeoutMs: number }
  | { readonly type: "delay"; readonly delayMs: number };

// ------------------------------------------------------------------------------------------------- activity log

/** The kinds of Runtime 3.7 that a runner produces. */
export type AgentEventType =
  | "status_change"
  | "text"
  | "tool_call"
  | "tool_result"
  | "commit"
  | "message"
  | "prompt_assembled"
  | "script_start"
  | "script_stop"
  | "loop_iteration"
  | "loop_complete"
  | "loop_stopped"
  | "service"
  | "usage"
  | "bridge_disconnected"
  | "pipeline_step";

/** One entry of an agent's activity log; `sequence` counts from 0 per run and never repeats. */
export interface AgentEvent {
  readonly sequence: number;
  readonly atMs: number;
  readonly type: AgentEventType;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Keeps events on disk until the control plane has them, in order, at least once; the control plane drops what it has.
 * `append` returns when the event is on the disk, or is lost because the disk did not take it: it never rejects.
 */
export interface AgentEvents {
  append(type: AgentEventType, payload: Readonly<Record<string, unknown>>): Promise<void>;
}

// ------------------------------------------------------------------------------------------------- commands

/**
 * The session of one run, as whoever brings people's commands sees it (`control/command_desk.ts`); the command's `kind`s and
 * outcomes are the protocol's.
 */
export interface AgentCommands {
  /**
   * Carries a command out and resolves once it is over: a message when its state is final (`confirmed`, `unconfirmed`,
   * `expired`, `rejected`), the others when they are `done` or `failed`. For a message `commandId` is the message's id: the
   * same one again, also in the next life of the runner, is the same message and resolves with what came of it. `interrupt`
   * and `keys` are brought once. Rejects when the session ends before the command does.
   */
  carryOut(command: AgentCommand): Promise<CommandOutcome>;
}

// ------------------------------------------------------------------------------------------------- bridge

/** What the bridge of one run tells its session. */
export interface BridgeListener {
  /** `tools/list` was answered: the harness has our tools. Told each time. */
  toolsListed(): void;
  /** A call of one of our tools begins. */
  called(tool: string): void;
  /** The agent's own word about itself; resolves once it is on the disk. */
  declared(state: "waiting" | "blocked" | "completed", message: string | null): Promise<void>;
}

/** What the control plane says to a call of an agent's tool. */
export type ToolAnswer =
  | { readonly kind: "result"; readonly result: unknown }
  /** `details`: what the refusal says beside its code and message, such as the states that are allowed. */
  | {
    readonly kind: "refused";
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  }
  /** Nobody answered: it may have happened or not. */
  | { readonly kind: "away" };

/** Calls an agent's tools at the control plane, as the agent of one run. Never rejects. */
export interface ToolCalls {
  call(tool: AgentTool, parameters: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
}

// ------------------------------------------------------------------------------------------------- templates

/** One file of a template's `home/`, below the agent's home. */
export interface TemplateHomeFile {
  readonly path: string;
  readonly text: string;
  readonly isExecutable: boolean;
}

/** A template with everything that it extends, its places filled in and its station's own words laid over it. */
export interface ResolvedTemplate {
  /** Null: the station has none, and this is what it says itself. */
  readonly name: string | null;
  /** What it was made of, the base first: `built-in:base`, `project:implementor`. */
  readonly layers: readonly string[];
  readonly harness: HarnessName | null;
  readonly model: string | null;
  /** For the slot of the system prompt; null: nothing is added. */
  readonly systemPrompt: string | null;
  /** For the CLI's own file of instructions. */
  readonly instructions: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
  readonly services: readonly ServiceSpec[];
  /** Appended to the harness's command. */
  readonly args: readonly string[];
  readonly homeFiles: readonly TemplateHomeFile[];
  /** The check that decides after each turn; absent: the agent's own word does. */
  readonly verifier?: GoalLoop;
}
