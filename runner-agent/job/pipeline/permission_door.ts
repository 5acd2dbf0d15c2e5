/**
 * Where the hooks of an agent's CLI ask for its tools (`container/run_bin/pipeline_permission`): `POST /permission?call=ID&kind=...`
 * at the run's hub, asked of people as questions of the run.
 *
 * 1. Only a person's word allows a tool, or answers what the agent asks (G1): everything else denies it, with the reason.
 * 2. A question has the id of the wish: whoever asks again, in whichever life of the runner, asks the same question.
 * 3. A connection is short: who is not answered in {@link WISH_WAIT_MS} is told to ask again (202). A call that is not known is
 *    told so, too: its prompt may be about to be found again.
 * 4. What asks is anybody in the sandbox: wishes are bounded, in bytes, at a time and in all.
 */
import { createHash } from "node:crypto";
import { QUESTION_DETAIL_MAX_CHARS } from "../../../protocol/agent/limits.ts";
import { HOOK_COMMANDS, readHookInput, type ToolWish } from "../../pipeline/backend_permission.ts";
import { answeredInput, QUESTION_TOOL, readQuestions } from "../../pipeline/backend_question.ts";
import { OPERATOR_SERVER } from "../../harness/agent_cli.ts";
import type { Clock } from "../../ports.ts";
import { type HubRoute, refusal } from "../hub.ts";
import { callId } from "./call_id.ts";
import { WISH_MAX_BYTES, WISH_WAIT_MS, WISHES_MAX, WISHES_OPEN_MAX } from "./call_limits.ts";
import { wishDetail } from "./permission_detail.ts";
import type { QuestionDesk, RunQuestion, RunQuestionAnswer } from "./station_ports.ts";

export const PERMISSION_PATH = "/permission";
/** A tool of Claude Code; anything else would put words into the question. */
const TOOL_NAME = /^[\w.:-]{1,200}$/;
/** Of our server alone: another's name may begin as its name does. */
const OWN_TOOL = new RegExp(`^mcp__${OPERATOR_SERVER}__[a-z]+(_[a-z]+)*$`);

/** A prompt whose tools are asked for. */
export interface AskingPrompt {
  readonly effectId: string;
  readonly stepId: string;
  /** Aborts when nobody waits for the prompt any more: its questions are taken back. */
  readonly signal: AbortSignal;
}

export interface PermissionDoor {
  readonly route: HubRoute;
  /** Wishes of this call are asked from now on, until it is disposed of. */
  open(callId: string, prompt: AskingPrompt): Disposable;
}

export interface PermissionDoorDeps {
  readonly runId: string;
  readonly clock: Clock;
  readonly questions: QuestionDesk;
  /** A person is waited for from now on: nobody takes the run for idle. @returns Ends it. */
  awaitPerson(): () => void;
  /** Takes the run's secrets out of a text; the same text in each life of the runner. */
  redact(text: string): string;
}

interface OpenCall {
  readonly prompt: AskingPrompt;
  readonly wishes: Map<string, Promise<string>>;
  /** Of those that are open. */
  readonly waits: Set<() => void>;
  openCount: number;
}

export function createPermissionDoor(deps: PermissionDoorDeps): PermissionDoor {
  const calls = new Map<string, OpenCall>();

  async function handle(request: Request): Promise<Response> {
    if (request.method !== "POST") return refusal(405, "method_not_allowed", "expected POST");
    const { searchParams } = new URL(request.url);
    const call = calls.get(searchParams.get("call") ?? "");
    const text = await boundedText(request, WISH_MAX_BYTES);
    if (text === null) return said(decision("deny", "the tool's input is too large to be asked for"));
    if (call === undefined) return again();
    const wish = readHookInput(text);
    if (wish === null || !TOOL_NAME.test(wish.toolName)) {
      return said(decision("deny", "the wish to use a tool could not be read"));
    }
    const isQuestion = searchParams.get("kind") === HOOK_COMMANDS.ask;
    if (OWN_TOOL.test(wish.toolName)) return said(decision("allow", null));
    // The hook of the agent's questions decides on them.
    if (!isQuestion && wish.toolName === QUESTION_TOOL) return said(decision("allow", null));
    const answer = answerOf(call, wish, text, isQuestion);
    const late = new AbortController();
    const waited = deps.clock.sleep(WISH_WAIT_MS, late.signal).then(() => null, () => null);
    const first = await Promise.race([answer, waited]);
    late.abort();
    return first === null ? again() : said(first);
  }

  /** Invariant 2. */
  function answerOf(call: OpenCall, wish: ToolWish, text: string, isQuestion: boolean): Promise<string> {
    const id = callId(deps.runId, call.prompt.effectId, `wish ${wishId(text)}`);
    const before = call.wishes.get(id);
    if (before !== undefined) return before;
    if (call.openCount >= WISHES_OPEN_MAX || call.wishes.size >= WISHES_MAX) {
      return Promise.resolve(decision("deny", "too many wishes to use tools wait for people"));
    }
    const asked = isQuestion ? readQuestions(wish.toolInput) : null;
    if (isQuestion && asked === null) return Promise.resolve(decision("deny", "there is no question in it"));
    call.openCount++;
    const endWait = deps.awaitPerson();
    call.waits.add(endWait);
    const question: RunQuestion = {
      id,
      kind: isQuestion ? "tool_question" : "permission",
      stepId: call.prompt.stepId,
      message: deps.redact(
        asked === null
          ? `May the agent use ${wish.toolName}?`
          : asked.questions.map((one) => one.question).join("\n"),
      ),
      detail: asked === null
        ? wishDetail(wish.toolInput, QUESTION_DETAIL_MAX_CHARS, deps.redact)
        : deps.redact(JSON.stringify(asked)),
      expiresInMs: null,
    };
    const answer = deps.questions.ask(question, call.prompt.signal)
      .then((given) => isQuestion ? questionOutput(wish, given) : permissionOutput(given))
      .finally(() => {
        call.openCount--;
        if (call.waits.delete(endWait)) endWait();
      });
    call.wishes.set(id, answer);
    return answer;
  }

  return {
    route: { path: PERMISSION_PATH, handle },
    open(id, prompt) {
      const call: OpenCall = { prompt, wishes: new Map(), waits: new Set(), openCount: 0 };
      calls.set(id, call);
      return {
        [Symbol.dispose]() {
          if (calls.get(id) === call) calls.delete(id);
          // A prompt that failed leaves its questions open: they hold up no idle time of what comes after it.
          for (const endWait of call.waits) endWait();
          call.waits.clear();
        },
      };
    },
  };
}

/** Invariant 1. */
function permissionOutput(given: RunQuestionAnswer): string {
  return given.kind === "answered" ? decision("allow", null) : denied(given);
}

/** Invariant 1: an approval without words answers no question. */
function questionOutput(wish: ToolWish, given: RunQuestionAnswer): string {
  if (given.kind !== "answered") return denied(given);
  if (given.text.trim() === "") return decision("deny", "nobody answered the question in words");
  return decision("allow", null, answeredInput(wish.toolInput, given.text));
}

function denied(given: Exclude<RunQuestionAnswer, { readonly kind: "answered" }>): string {
  switch (given.kind) {
    case "rejected":
      return decision("deny", given.reason ?? "a person refused it");
    case "expired":
      return decision("deny", "nobody answered in time");
    case "cancelled":
      return decision("deny", "the prompt has ended");
    case "unavailable":
      return decision("deny", `nobody can be asked: ${given.message}`);
  }
}

/** What Claude Code reads of its hook. */
function decision(kind: "allow" | "deny", reason: string | null, updatedInput?: unknown): string {
  return JSON.stringify({
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: kind,
      ...(reason === null ? {} : { permissionDecisionReason: reason }),
      ...(updatedInput === undefined ? {} : { updatedInput }),
    },
  });
}

/** All that the hook was told, with the CLI's own id of the use: what was allowed is this use of this tool. */
function wishId(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function said(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}

function again(): Response {
  return new Response(null, { status: 202 });
}

/** Null: it is larger. */
async function boundedText(request: Request, maxBytes: number): Promise<string | null> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}
