/** What an entry of a task's timeline says to people. Pure. */
import type { TimelineEntry } from "../../protocol/line/log.ts";
import { nameOf } from "./gate_name.ts";

const ANSWERS: Readonly<Record<string, string>> = {
  approve: "Approved",
  reject: "Rejected",
  cancel: "Taken back",
  block: "Blocked",
};
/** As the queue writes it: `approve by user:ada: looks right`. */
const ANSWER = /^([a-z]+) by (.+?)(?:: ([\s\S]*))?$/;

/** The detail of an entry; an answer at a gate in words, e.g. `Approved by ada: looks right`. */
export function detailOf({ kind, detail }: Pick<TimelineEntry, "kind" | "detail">): string {
  if (kind === "task_submitted") return ""; // The card has its title already.
  if (kind === "typed") return detail.startsWith("by ") ? `by ${nameOf(detail.slice(3))}` : detail;
  const answer = kind === "gate_decided" || kind === "gate_ended" ? ANSWER.exec(detail) : null;
  if (answer === null || !Object.hasOwn(ANSWERS, answer[1]!)) return detail;
  const [, verb = "", by = "", reason = ""] = answer;
  return `${ANSWERS[verb]} by ${nameOf(by)}${reason === "" ? "" : `: ${reason}`}`;
}
