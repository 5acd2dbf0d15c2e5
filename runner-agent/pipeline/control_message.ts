/** What a controller may say on standard input, one JSON object a line (Pipeline 3.5). */

export type ControlMessage =
  /** `rejected` ends the run at the gate; any text approves. */
  | {
    readonly type: "hitl_response";
    /** Of an answer that comes before it is asked for; one that is waited for needs none. */
    readonly stepId: string | null;
    readonly text: string;
    readonly isRejected: boolean;
    readonly reason: string | null;
  }
  | {
    readonly type: "permission_response";
    readonly isAllowed: boolean;
    readonly reason: string | null;
    readonly isForSession: boolean;
  }
  | { readonly type: "pause" | "resume" | "kill" | "end_session" }
  /** Steps that are left out from now on, or no longer. */
  | { readonly type: "disable_step" | "enable_step"; readonly stepId: string }
  | { readonly type: "user_message"; readonly text: string };

/** A line that is no JSON is a message of its own; null for blank lines and for JSON of no known type. */
export function parseControlLine(line: string): ControlMessage | null {
  const text = line.trim();
  if (text === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "user_message", text };
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  const textOf = (name: string) => typeof fields[name] === "string" ? fields[name] : null;
  switch (fields["type"]) {
    case "hitl_response":
      return {
        type: "hitl_response",
        stepId: textOf("step_id"),
        text: textOf("text") ?? "",
        isRejected: fields["rejected"] === true,
        reason: textOf("reason"),
      };
    case "permission_response":
      return {
        type: "permission_response",
        isAllowed: fields["allowed"] === true,
        reason: textOf("reason"),
        isForSession: fields["allow_for_session"] === true,
      };
    case "pause":
    case "resume":
    case "kill":
    case "end_session":
      return { type: fields["type"] };
    case "disable_step":
    case "enable_step": {
      const stepId = textOf("step_id");
      return stepId === null ? null : { type: fields["type"], stepId };
    }
    case "user_message":
      return { type: "user_message", text: textOf("text") ?? "" };
    default:
      return null;
  }
}
