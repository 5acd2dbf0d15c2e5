/**
 * Reads a card as almost all are, without its schema: that costs more than the submission, as a Worker may not compile
 * it. It only says yes, as `socket_quick_read.ts`: what it reads, the schema reads to the same value
 * (`test/property/quick_card_test.ts`); to anything else it says null, and the schema decides.
 */
import type { Priority } from "../../protocol/line/fields.ts";
import type { TaskCard } from "../../protocol/line/task.ts";
import {
  DESCRIPTION_MAX_BYTES,
  LABEL_MAX_CHARS,
  LABELS_MAX,
  TITLE_MAX_CHARS,
} from "../../protocol/limits.ts";

/** UTF-8 takes at most so many bytes for a unit of a string. */
const BYTES_PER_UNIT_MAX = 3;

/** The card, or null when its schema must be asked. `input` is JSON that was just parsed. */
export function quickCard(input: unknown): TaskCard | null {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return null;
  const fields = input as Readonly<Record<string, unknown>>;
  for (const key in fields) if (!KNOWN.has(key)) return null;
  const { title, description = "", priority = "medium", labels = [] } = fields;
  if (!isTitle(title) || !isDescription(description) || !isPriority(priority) || !isLabels(labels)) {
    return null;
  }
  return { title, description, priority, labels: [...new Set(labels)] };
}

/** A station may have two names here (Line 2.10): the schema sorts that out. */
const KNOWN: ReadonlySet<string> = new Set(["title", "description", "priority", "labels"]);

function isTitle(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= TITLE_MAX_CHARS &&
    value.trim().length === value.length;
}

function isDescription(value: unknown): value is string {
  return typeof value === "string" && value.length * BYTES_PER_UNIT_MAX <= DESCRIPTION_MAX_BYTES;
}

function isPriority(value: unknown): value is Priority {
  return value === "low" || value === "medium" || value === "high";
}

function isLabels(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= LABELS_MAX &&
    value.every((label) => typeof label === "string" && label !== "" && label.length <= LABEL_MAX_CHARS);
}
