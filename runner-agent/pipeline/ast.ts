/**
 * A pipeline as it is after loading: parsed, checked, its FROM chain merged, its hooks applied (Pipeline s03 to s10,
 * s26 to s30). Plain data; what could not be right is not representable where types allow.
 *
 * 1. Every path in a step is relative to the file that the step was written in (`origin`), also after FROM.
 * 2. Conditions, regular expressions and the shape of schemas are parsed at load: evaluating them needs no parser.
 * 3. Texts with `{{ ... }}` are kept as written and resolved at run time, once, never again (`template.ts`).
 */
import type { Place } from "./fault.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonSchema = { readonly [key: string]: Json };

export interface Pipeline {
  /** The absolute path of the file, or null for the passthrough pipeline. */
  readonly source: string | null;
  /** The files that FROM led through, this one first, its last base last. */
  readonly chain: readonly string[];
  /** Those of `chain` that discovery put below, without a FROM (Pipeline s08); absent where there are none. */
  readonly stacked?: readonly string[];
  readonly version: string;
  readonly meta: { readonly name?: string; readonly description?: string; readonly author?: string };
  readonly defaults: Defaults;
  /** Aliases of `providers:` by name (Pipeline s15). */
  readonly providers: Readonly<Record<string, Provider>>;
  readonly steps: readonly Step[];
  readonly named: Readonly<Record<string, NamedPipeline>>;
  /** What is odd but not wrong: unknown keys, a version newer than ours. */
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly message: string;
  readonly place: Place | null;
}

export interface NamedPipeline {
  readonly steps: readonly Step[];
  readonly origin: Origin;
}

/** Where a step was written: `index` is its place in that file's list, from 1. */
export interface Origin {
  /** Absolute; null for the passthrough pipeline. */
  readonly path: string | null;
  readonly index: number;
  readonly place: Place | null;
  /** The hook that brought it in, for `materialize`. */
  readonly hook?: { readonly kind: "override" | "run_before" | "run_after"; readonly target: string };
}

export interface Defaults {
  readonly model: string | null;
  readonly provider: Provider | null;
  readonly timeoutMs: number | null;
  readonly tools: ToolPolicy | null;
  /** How many async steps run at once; null is unlimited. */
  readonly maxConcurrency: number | null;
  readonly sampling: Sampling;
  readonly onError: OnError | null;
}

/** Who answers prompts and how it is reached; a field that is null is inherited (Pipeline s15). */
export interface Provider {
  /** As it was read: a name that is looked up at load (`providers.ts`); steps and defaults of a pipeline have none. */
  readonly alias?: string;
  /**
   * It is of the user's own file under this name, and is written by it: what is in that file stays there. Null: a pipeline has
   * changed it, and its token is the user's still.
   */
  readonly writtenAs?: string | null;
  readonly model: string | null;
  readonly baseUrl: string | null;
  readonly authToken: string | null;
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
  readonly maxHistoryMessages: number | null;
  readonly sampling: Sampling;
}

/** Only the fields that were set (Pipeline s30). */
export interface Sampling {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly max_tokens?: number;
  readonly stop_sequences?: readonly string[];
  /** 0 to 1; `true` was 1, `false` 0. */
  readonly thinking?: number;
}

/** `disabled` wins over both lists (Pipeline s05.8). */
export interface ToolPolicy {
  readonly isDisabled: boolean;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export type Step = StepCommon & StepBody;

export interface StepCommon {
  readonly id: string;
  readonly origin: Origin;
  /** `disabled: true`: skipped as by a condition that is never true. */
  readonly isDisabled: boolean;
  readonly condition: Condition | null;
  readonly onResult: readonly Branch[];
  readonly onError: OnError;
  readonly before: readonly ChainEntry[];
  readonly then: readonly ChainEntry[];
  readonly inputSchema: JsonSchema | null;
  readonly outputSchema: JsonSchema | null;
  readonly isAsync: boolean;
  readonly dependsOn: readonly string[];
  /** Of one attempt of the body; null: `defaults.timeoutMs`. */
  readonly timeoutMs: number | null;
  readonly message: string | null;
  /** What the lean output shows of it; absent: all (`display.ts`). */
  readonly display?: "none" | "summary";
}

export type StepBody =
  | ({ readonly kind: "prompt"; readonly prompt: string } & PromptSettings)
  | (
    & { readonly kind: "skill"; readonly skill: string; readonly with: Readonly<Record<string, string>> }
    & PromptSettings
  )
  /** `path` is templated and names a file. */
  | { readonly kind: "pipeline"; readonly path: string; readonly prompt: string | null }
  | { readonly kind: "named_pipeline"; readonly name: string; readonly prompt: string | null }
  | { readonly kind: "pause_for_human"; readonly gate: GateTimeout | null }
  | {
    readonly kind: "modify_output";
    readonly onHeadless: "skip" | "abort" | "use_default";
    readonly defaultValue: string | null;
    readonly gate: GateTimeout | null;
  }
  | { readonly kind: "join"; readonly mode: "fail_fast" | "wait_for_all" }
  | { readonly kind: "reload_self" }
  | { readonly kind: "context_shell"; readonly command: string }
  | { readonly kind: "context_spec"; readonly query: string }
  | {
    readonly kind: "do_while";
    readonly maxIterations: number;
    readonly exitWhen: TextCondition;
    readonly onMaxIterations: "abort_pipeline" | "continue" | "pause_for_human";
    readonly body: LoopBody;
  }
  | {
    readonly kind: "for_each";
    readonly over: string;
    readonly as: string;
    readonly maxItems: number | null;
    readonly onMaxItems: "continue" | "abort_pipeline";
    readonly body: LoopBody;
  };

/** A body by a templated path is read when the loop begins; any other is there. */
export type LoopBody =
  | {
    readonly kind: "steps";
    readonly steps: readonly Step[];
    /** Absolute: the file that they are from, where they call others by names that only that file has. */
    readonly namesIn?: string;
  }
  | { readonly kind: "path"; readonly path: string };

export interface GateTimeout {
  readonly timeoutMs: number;
  readonly onTimeout: "continue" | "abort_pipeline";
}

/** What a prompt or skill step says about who answers it. */
export interface PromptSettings {
  readonly model: string | null;
  /** Name of the prompt backend (`runner:`); null: the environment's default. */
  readonly backend: string | null;
  /** Alias or inline provider of the step (Pipeline s15). */
  readonly provider: Provider | null;
  readonly resume: boolean;
  readonly tools: ToolPolicy | null;
  readonly sampling: Sampling;
  readonly systemPrompt: string | null;
  readonly appendSystemPrompt: readonly AppendEntry[];
}

export type AppendEntry =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "shell"; readonly command: string }
  | { readonly kind: "spec"; readonly query: string };

/** An entry of `before` or `then` (Pipeline s05.7, s05.10): it has no id, and its own conditions do not count. */
export type ChainEntry = Omit<StepCommon, "id"> & StepBody;

export type OnError =
  | { readonly kind: "abort_pipeline" }
  | { readonly kind: "continue" }
  | { readonly kind: "pause_for_human" }
  | { readonly kind: "retry"; readonly maxRetries: number };

/** One branch of `on_result`; the first whose matcher is true acts (Pipeline s05.4). */
export interface Branch {
  readonly matcher: Matcher;
  readonly action: Action;
}

export type Matcher =
  | { readonly kind: "contains" | "starts_with"; readonly text: string }
  | { readonly kind: "is_empty" }
  | { readonly kind: "exit_code"; readonly code: number | "any" }
  | { readonly kind: "expression"; readonly condition: Condition }
  /** `path` is dotted. `of` is what is looked into: the validated input (map form) or the step's response (list form). */
  | {
    readonly kind: "field";
    readonly path: string;
    readonly equals: Json;
    readonly of: "input" | "response";
  }
  | { readonly kind: "always" };

export type Action =
  | { readonly kind: "continue" }
  | { readonly kind: "break" }
  | { readonly kind: "abort_pipeline"; readonly message: string | null }
  | { readonly kind: "pause_for_human"; readonly message: string | null }
  | { readonly kind: "preview_for_human"; readonly message: string | null }
  | { readonly kind: "use_original" }
  | {
    readonly kind: "pipeline";
    readonly path: string;
    readonly prompt: string | null;
    /** The path is a key of `pipelines:`. */
    readonly isName?: true;
  };

/** Pipeline 2.2. */
export type Condition =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  /** `if_code_changed`: the working tree differs from what it was when the pipeline began. */
  | { readonly kind: "if_code_changed" }
  | TextCondition;

/** What compares a text: all that `exit_when` takes. */
export type TextCondition =
  | Comparison
  | Logic
  | { readonly kind: "matches"; readonly left: string; readonly pattern: Pattern; readonly text: string };

export interface Comparison {
  readonly kind: "comparison";
  /** Those of order compare numbers. */
  readonly operator: "==" | "!=" | "contains" | "starts_with" | "ends_with" | ">=" | "<=" | ">" | "<";
  readonly left: string;
  readonly right: string;
  /** As written, for messages. */
  readonly text: string;
}

/** Of two parts or more; `not` of one. */
export interface Logic {
  readonly kind: "and" | "or" | "not";
  readonly parts: readonly Condition[];
  /** As written, for messages. */
  readonly text: string;
}

/** A regular expression that is known to compile with linear time (Pipeline 2.3). */
export interface Pattern {
  readonly source: string;
  /** Some of `i`, `m`, `s`, each once, in this order. */
  readonly flags: string;
}
