/**
 * Mends a session of Gemini CLI before it is resumed (`harness/gemini_mend.ts`), by two programs in the sandbox: the home is the
 * agent's, and this machine neither reads nor writes in it by a path.
 */
import { mendGeminiChat } from "../../harness/gemini_mend.ts";
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import { PROMPT_STREAM_MAX_BYTES } from "./call_limits.ts";
import type { CallEnd } from "./station_ports.ts";
import type { PromptAround } from "./station_prompts.ts";

const BELOW = CLI_BACKENDS.gemini.sessionFile!.below;
/** Of an id that is part of a file's name. */
const SESSION_ID = /^[\w-]{8,64}$/;
const NAME_CHARS = 8;
const TIMEOUT_MS = 60_000;

const READ = `cd "$HOME/$1" || exit 3
for file in */chats/session-*-"$2".jsonl; do
  [ -f "$file" ] && [ ! -h "$file" ] || continue
  printf '%s\\n' "$file"
  exec cat "$file"
done
exit 3`;
const WRITE = `cd "$HOME/$1" && cat >"$2.new" && mv "$2.new" "$2"`;
const NONE = 3;

/** Null, or why it could not be mended: it is resumed as it is then. @param id Of a program, by the part of the prompt. */
export async function mendGeminiSession(
  sessionId: string,
  id: (part: string) => string,
  { calls, signal }: Pick<PromptAround, "calls" | "signal">,
): Promise<string | null> {
  if (!SESSION_ID.test(sessionId)) return null;
  const shell = (script: string, argument: string) => ["/bin/sh", "-c", script, "sh", BELOW, argument];
  const read = await calls.run(id("session"), {
    argv: shell(READ, sessionId.slice(0, NAME_CHARS)),
    env: {},
    stdin: null,
    timeoutMs: TIMEOUT_MS,
    streamMaxBytes: PROMPT_STREAM_MAX_BYTES,
  }, signal);
  if (read.kind === "ended" && read.exitCode === NONE) return null;
  if (!isDone(read) || read.isCut) return "the session could not be read to be mended";
  const at = read.stdout.indexOf("\n");
  const text = read.stdout.slice(at + 1);
  const mended = mendGeminiChat(text);
  if (mended === text) return null;
  const written = await calls.run(id("mended"), {
    argv: shell(WRITE, read.stdout.slice(0, at)),
    env: {},
    stdin: mended,
    timeoutMs: TIMEOUT_MS,
  }, signal);
  return isDone(written) ? null : "the session could not be mended";
}

function isDone(end: CallEnd): end is CallEnd & { readonly kind: "ended" } {
  return end.kind === "ended" && end.exitCode === 0;
}
