/**
 * What the world says to one golden run, as data (`NAME.world.yaml`): answers of prompts, commands and people, files, and what the
 * controller does. Everything else is fixed: the clock, ids, costs.
 */
import { parse } from "yaml";
import type { FaultType } from "../../runner-agent/pipeline/fault.ts";

/** A text, all of an answer, or a fault. */
export type PromptScript =
  | string
  | {
    readonly response?: string;
    /** Default: a quarter of a dollar. */
    readonly cost_usd?: number | null;
    readonly input_tokens?: number;
    readonly output_tokens?: number;
    readonly session_id?: string | null;
    readonly thinking?: string;
    readonly model?: string;
    readonly tool_calls?: readonly string[];
  }
  | { readonly fault: FaultType; readonly detail: string };

export type ShellScript =
  | string
  | { readonly stdout?: string; readonly stderr?: string; readonly exit_code?: number }
  | { readonly fault: FaultType; readonly detail: string };

/** Approval by a text, or one of the other ends. */
export type HumanScript = string | { readonly rejected: string | null } | "timed_out" | "headless" | "closed";

export interface WorldScript {
  /** One sentence: what the trace is there to show. */
  readonly about: string;
  /** By step id, one after the other. A prompt that is not named says `answer of ID`. */
  readonly prompts?: Readonly<Record<string, PromptScript | readonly PromptScript[]>>;
  /** By command; one that is not named is a fault of the script. */
  readonly shell?: Readonly<Record<string, ShellScript | readonly ShellScript[]>>;
  /** By step id; without one nobody is there. */
  readonly human?: Readonly<Record<string, HumanScript | readonly HumanScript[]>>;
  /** By absolute path; of a list each text is read once, the last one from then on. */
  readonly files?: Readonly<Record<string, string | readonly string[]>>;
  readonly invocation_prompt?: string;
  readonly mode?: "controlled" | "simple";
  readonly default_backend?: string;
  readonly resume_session_id?: string;
  readonly cli?: { readonly model?: string; readonly base_url?: string; readonly auth_token?: string };
  readonly environment?: Readonly<Record<string, string>>;
  /** What the working tree is, look by look. */
  readonly digests?: readonly (string | null)[];
  /** The run is killed at this look at its controls, from 1. */
  readonly kill_at?: number;
  /** Switched off by the controller. */
  readonly disabled_steps?: readonly string[];
  /** Branches whose prompts and commands are answered only when nothing else is left to answer. */
  readonly late?: readonly string[];
}

const KEYS: Readonly<Record<keyof WorldScript, true>> = {
  about: true,
  prompts: true,
  shell: true,
  human: true,
  files: true,
  invocation_prompt: true,
  mode: true,
  default_backend: true,
  resume_session_id: true,
  cli: true,
  environment: true,
  digests: true,
  kill_at: true,
  disabled_steps: true,
  late: true,
};

/** @throws Error When the text is no map, has no `about`, or a key that nobody reads. */
export function parseWorldScript(text: string, path: string): WorldScript {
  const script = parse(text) as Record<string, unknown> | null;
  if (typeof script !== "object" || script === null || typeof script["about"] !== "string") {
    throw new Error(`Cannot read ${path} as it must be a map with 'about'`);
  }
  const unknown = Object.keys(script).find((key) => !Object.hasOwn(KEYS, key));
  if (unknown !== undefined) throw new Error(`Cannot read ${path} as the key '${unknown}' is not known`);
  return script as unknown as WorldScript;
}
