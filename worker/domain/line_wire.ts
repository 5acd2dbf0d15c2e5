/** A line as the wire has it: the definition's fields beside id, owner and project. */
import type { LineView } from "./job_queue_api.ts";
import { type JsonText, jsonText } from "./json_text.ts";
import { lineView } from "./line_catalog.ts";
import type { LineVersion, ProjectSettings } from "./queue_state.ts";

/** Longer texts are made anew: a queue with many large lines has no memory for a second form of them. */
const KEPT_MAX_CHARS = 16_384;

export function lineWire({ definition, createdAtMs, version, warnings, ...place }: LineView) {
  return { ...definition, ...place, revision: version, createdAt: createdAtMs, warnings };
}

export type LineWire = ReturnType<typeof lineWire>;

/** The JSON of {@link lineWire}: a version never changes, so most are made once. */
export function lineJson(settings: ProjectSettings, line: LineVersion): JsonText<LineWire> {
  const known = kept.get(line);
  if (known?.settings === settings) return known.json;
  const json = jsonText(lineWire(lineView(settings, line)));
  if (json.length <= KEPT_MAX_CHARS) kept.set(line, { settings, json });
  return json;
}

const kept = new WeakMap<
  LineVersion,
  { readonly settings: ProjectSettings; readonly json: JsonText<LineWire> }
>();
