/** The words of a notice, the same in every channel. Nothing that the ask shows behind its link is in them. Pure. */
import type { Notice } from "../ports.ts";

const TITLE_MAX_CHARS = 150;

const ASKED: Readonly<Record<string, string>> = {
  approve: "Please approve or reject",
  decide: "Please decide",
  do: "Please do",
};

/** One line for a subject or a headline. */
export function headline(notice: Notice): string {
  const title = oneLine(notice.title);
  if (notice.ask === null) return title;
  if (isOver(notice)) return `Over: ${title}`;
  const again = notice.type === "gate.opened" || notice.type === "gate.notified"
    ? ""
    : `${eventWords(notice.type)}: `;
  return `${again}${ASKED[notice.ask.askType] ?? "Please look at"}: ${title}`;
}

/** Why this person is told, and by when they should act; line by line. */
export function details(notice: Notice): readonly string[] {
  const { ask, why, owner, project } = notice;
  const due = ask?.nextDeadlineMs == null
    ? []
    : [`Next deadline: ${new Date(ask.nextDeadlineMs).toISOString()}`];
  const reason = why === "" ? [] : [`You are told because: ${oneLine(why)}`];
  return [`Project: ${owner}/${project}`, ...reason, ...(isOver(notice) ? [] : due)];
}

/** Can the ask still be answered, as far as the notice knows? */
export function isOver({ ask }: Notice): boolean {
  return ask !== null && ask.state !== "armed" && ask.state !== "open";
}

function eventWords(type: string): string {
  const words = type.replace(/^gate\./, "").replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= TITLE_MAX_CHARS ? line : `${line.slice(0, TITLE_MAX_CHARS)}…`;
}
