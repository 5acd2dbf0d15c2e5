/**
 * Bodies that the protocol fixes, read without mercy: a field that is not named there is a violation, as is one of
 * another type. Each reader gives what is wrong, or null.
 */

type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown) => typeof value === "string";
const isName = (value: unknown) => typeof value === "string" && value !== "";
const isTextOrNull = (value: unknown) => value === null || typeof value === "string";
const isInteger = (value: unknown) => Number.isInteger(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const oneOf = (...words: readonly unknown[]) => (value: unknown) => words.includes(value);

/** Line 3 row 1. */
export const REGISTRATION: Fields = { name: isName, labels: isTexts };

/** Line 3 row 3; `jobId` is the addition of Line 12, `reason` that of pick A5. */
export const REPORT: Fields = {
  jobResult: oneOf("success", "failed", "in_progress"),
};
export const REPORT_MORE: Fields = {
  exitCode: (value) => value === null || isInteger(value),
  error: isTextOrNull,
  jobId: isName,
  reason: isText,
};
/** At the end all three are sent (Line 8). */
export const TERMINAL_REPORT: Fields = { ...REPORT, exitCode: isInteger, error: isTextOrNull };

/** Line 4.2. */
export const RUN_REPORT: Fields = { status: oneOf("in_progress", "completed") };
export const RUN_REPORT_MORE: Fields = {
  conclusion: oneOf("success", "failure", null),
  sessionId: isTextOrNull,
  broadcastId: isTextOrNull,
  logs: isTextOrNull,
  completionReason: isTextOrNull,
};
export const CLAIM: Fields = { jobId: isName, name: isText };
export const OFFER_POLL: Fields = { capabilities: isTexts };
export const PROGRESS: Fields = { stage: isName, message: isText };
export const STREAM: Fields = { sessionId: isText, broadcastId: isText };

/** What is wrong with a body that must have all of `needed`, and of other fields only `more`. */
export function problemOf(body: unknown, needed: Fields, more: Fields = {}): string | null {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "it is no JSON object";
  const given = body as Readonly<Record<string, unknown>>;
  for (const [name, isGood] of Object.entries(needed)) {
    if (!(name in given)) return `'${name}' is missing`;
    if (!isGood(given[name])) return `'${name}' is ${JSON.stringify(given[name])}`;
  }
  for (const [name, value] of Object.entries(given)) {
    if (name in needed) continue;
    if (more[name] === undefined) return `'${name}' is no field of it`;
    if (!more[name](value)) return `'${name}' is ${JSON.stringify(value)}`;
  }
  return null;
}
