/** Answers the effects of a run from a script. Prompts, commands and people that were scripted and not asked are a fault. */
import assert from "node:assert/strict";
import type { Effect, EffectResults, PromptCall } from "../../runner-agent/pipeline/effect.ts";
import { fault } from "../../runner-agent/pipeline/fault.ts";
import type { HumanScript, PromptScript, ShellScript, WorldScript } from "./world_script.ts";

/** A quarter of a dollar: sums of it are exact. */
const COST_USD = 0.25;
const STARTED_MS = Date.UTC(2026, 0, 1);
const TICK_MS = 1_000;

type ScriptKind = "prompts" | "shell" | "human";

export class ScriptedWorld {
  readonly #asked = new Map<string, number>();
  readonly #reads = new Map<string, number>();
  #draws = 0;
  #looks = 0;
  #digests = 0;

  /** @param pipelinePath Where the pipeline of the run is; its first text is `pipelineText`. */
  constructor(
    private readonly script: WorldScript,
    private readonly pipelinePath: string,
    private readonly pipelineText: string,
  ) {}

  answer(effect: Effect): EffectResults[Effect["kind"]] {
    switch (effect.kind) {
      case "invoke_prompt":
        return this.#prompt(effect.call);
      case "run_shell":
        return this.#shell(effect.command);
      case "ask_human":
        return humanAnswer(this.#next<HumanScript>("human", effect.ask.stepId) ?? "headless");
      case "read_file":
        return this.#read(effect.path);
      case "list_directory":
        return [];
      case "draw":
        this.#draws++;
        return {
          uuid: `${String(this.#draws).padStart(8, "0")}-0000-4000-8000-000000000000`,
          nowMs: STARTED_MS + this.#draws * TICK_MS,
        };
      case "check_control":
        this.#looks++;
        return {
          isKilled: this.script.kill_at !== undefined && this.#looks >= this.script.kill_at,
          disabledSteps: this.script.disabled_steps ?? [],
        };
      case "read_spec":
        return effect.query === "s99"
          ? { ok: false, error: fault("ail:config/validation-failed", "there is no section 's99'") }
          : { ok: true, value: `the text of ${effect.query}` };
      case "read_tree_digest":
        return this.script.digests?.[this.#digests++] ?? null;
      case "begin_run":
      case "end_run":
      case "write_log":
      case "warn":
      case "emit":
        return null;
    }
  }

  /** All that was scripted has been asked for. */
  checkAllAsked(): void {
    for (const kind of ["prompts", "shell", "human"] as const) {
      for (const [name, answers] of Object.entries(this.script[kind] ?? {})) {
        const count = Array.isArray(answers) ? answers.length : 1;
        const asked = this.#asked.get(`${kind} ${name}`) ?? 0;
        assert.equal(
          asked,
          count,
          `${kind} '${name}': ${count} answers were scripted, ${asked} were asked for`,
        );
      }
    }
  }

  #next<T>(kind: ScriptKind, name: string): T | undefined {
    const answers = this.script[kind]?.[name] as T | readonly T[] | undefined;
    if (answers === undefined) return undefined;
    const key = `${kind} ${name}`;
    const nth = this.#asked.get(key) ?? 0;
    this.#asked.set(key, nth + 1);
    const list: readonly T[] = Array.isArray(answers) ? answers : [answers as T];
    assert.ok(nth < list.length, `${kind} '${name}': asked more often than it has answers (${list.length})`);
    return list[nth]!;
  }

  #prompt({ stepId, backend, resumeSessionId }: PromptCall): EffectResults["invoke_prompt"] {
    const given = this.#next<PromptScript>("prompts", stepId) ?? `answer of ${stepId}`;
    const said = typeof given === "string" ? { response: given } : given;
    if ("fault" in said) return { ok: false, error: fault(said.fault, said.detail) };
    return {
      ok: true,
      value: {
        response: said.response ?? "",
        costUsd: said.cost_usd === undefined ? COST_USD : said.cost_usd,
        sessionId: said.session_id === undefined
          ? resumeSessionId ?? `${backend}-${stepId}`
          : said.session_id,
        inputTokens: said.input_tokens ?? 10,
        outputTokens: said.output_tokens ?? 5,
        thinking: said.thinking ?? null,
        model: said.model ?? null,
        toolEvents: (said.tool_calls ?? []).map((name, index) => ({
          event_type: "tool_call",
          tool_name: name,
          tool_id: `tool-${index + 1}`,
          content_json: "{}",
          seq: index,
        })),
      },
    };
  }

  #shell(command: string): EffectResults["run_shell"] {
    const given = this.#next<ShellScript>("shell", command);
    assert.ok(given !== undefined, `no answer is scripted for the command '${command}'`);
    const said = typeof given === "string" ? { stdout: given } : given;
    if ("fault" in said) return { ok: false, error: fault(said.fault, said.detail) };
    const { stdout = "", stderr = "", exit_code: exitCode = 0 } = said;
    return { ok: true, value: { stdout, stderr, exitCode } };
  }

  #read(path: string): EffectResults["read_file"] {
    const scripted = this.script.files?.[path];
    const later: readonly string[] = scripted === undefined
      ? []
      : typeof scripted === "string"
      ? [scripted]
      : scripted;
    const texts = path === this.pipelinePath ? [this.pipelineText, ...later] : later;
    const nth = this.#reads.get(path) ?? 0;
    this.#reads.set(path, nth + 1);
    const text = texts[Math.min(nth, texts.length - 1)];
    return text === undefined
      ? { ok: false, error: { reason: "not_found", message: `there is no file '${path}'` } }
      : { ok: true, value: text };
  }
}

function humanAnswer(said: HumanScript): EffectResults["ask_human"] {
  if (typeof said !== "string") return { kind: "rejected", reason: said.rejected };
  if (said === "timed_out" || said === "headless") return { kind: said };
  return said === "closed"
    ? { kind: "answered", text: "", isClosed: true }
    : { kind: "answered", text: said };
}
