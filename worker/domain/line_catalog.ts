/** Lines of a project: each put makes a new version, and a task keeps the version that it started with. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { LineId } from "../../protocol/ids.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { Draft } from "./draft.ts";
import type { LineVersionView, LineView, QueueError } from "./job_queue_api.ts";
import { touchProject } from "./project.ts";
import type { PageOf } from "./queue_lists.ts";
import type { LineVersion, ProjectSettings, QueueState } from "./queue_state.ts";
import { unreachableStations } from "./transition.ts";

/** Puts a line: a new one, or the next version of one that exists, if that is still the one that the caller saw. */
export function putLine(
  draft: Draft,
  actor: string,
  input: {
    readonly lineId: LineId | null;
    readonly line: LineInput;
    readonly warnings?: readonly string[];
    /** The newest version as the caller knows it, 0 for none; absent: whatever it is. */
    readonly expectedVersion?: number | undefined;
  },
): Result<LineView, QueueError> {
  const { id: bodyId, owner, project, ...definition } = input.line;
  const settings = draft.settings();
  if (input.lineId !== null && bodyId !== undefined && bodyId !== input.lineId) {
    return err({ reason: "line_id_mismatch", path: input.lineId, body: bodyId });
  }
  if (owner !== undefined && owner !== settings.owner) {
    return err({ reason: "line_id_mismatch", path: settings.owner, body: owner });
  }
  if (project !== undefined && project !== settings.project) {
    return err({ reason: "line_id_mismatch", path: settings.project, body: project });
  }
  const id = input.lineId ?? bodyId ?? draft.newId<LineId>();
  const newest = draft.before.latestLineVersion.get(id) ?? 0;
  if (input.expectedVersion !== undefined && input.expectedVersion !== newest) {
    return err({ reason: "line_changed", lineId: id, version: newest, expected: input.expectedVersion });
  }
  touchProject(draft);
  const row: LineVersion = {
    id,
    version: newest + 1,
    definition,
    createdAtMs: draft.nowMs,
    isDeleted: false,
  };
  draft.put({ kind: "line", row });
  draft.audit("line_put", actor, { subject: `line:${id}`, detail: `version ${row.version}` });
  const view = lineView(settings, row);
  return ok({ ...view, warnings: [...input.warnings ?? [], ...view.warnings] });
}

/** Deletes a line: it takes no new tasks, and the tasks on it go on with their version. */
export function deleteLine(draft: Draft, actor: string, lineId: LineId): Result<null, QueueError> {
  const line = findLine(draft.before, lineId);
  if (!line.ok) return line;
  draft.put({ kind: "line", row: { ...line.value, isDeleted: true } });
  draft.audit("line_deleted", actor, { subject: `line:${lineId}` });
  return ok(null);
}

/** The newest version of a line that is not deleted. */
export function findLine(state: QueueState, lineId: string): Result<LineVersion, QueueError> {
  const line = latestLine(state, lineId as LineId);
  if (line === null || line.isDeleted) return err({ reason: "not_found", what: "line", id: lineId });
  return ok(line);
}

/** Versions of a line, the newest first. A cursor is the number of the last one of the page before. */
export function pageOfVersions(
  state: QueueState,
  wish: { readonly lineId: string; readonly limit: number; readonly cursor?: string | undefined },
): Result<PageOf<LineVersionView>, QueueError> {
  const line = findLine(state, wish.lineId);
  if (!line.ok) return line;
  const { id, version: newest } = line.value;
  const last = wish.cursor === undefined ? newest : Math.min(newest, Number(wish.cursor) - 1);
  const first = Math.max(1, last - wish.limit + 1);
  const { owner, project } = state.settings;
  const rows = state.lines.summaries(id, first, last).map(({ version, name, createdAtMs, unreachable }) => ({
    id,
    version,
    owner,
    project,
    name,
    createdAtMs,
    warnings: unreachable.map(unreachableWarning),
  }));
  return ok({ rows, nextCursor: state.lines.hasBefore(id, first) ? String(first) : null });
}

/** One version of a line, by its number as the path has it. */
export function findVersion(
  state: QueueState,
  lineId: string,
  version: string,
): Result<LineVersion, QueueError> {
  const line = findLine(state, lineId);
  if (!line.ok) return line;
  const found = state.lines.get(`${lineId}@${version}`);
  return found === undefined ? err({ reason: "not_found", what: "line_version", id: version }) : ok(found);
}

/** Every line that is not deleted, in its newest version, by id. */
export function listLines(state: QueueState): LineView[] {
  return [...state.latestLineVersion.keys()].sort()
    .map((id) => latestLine(state, id))
    .filter((line) => line !== null && !line.isDeleted)
    .map((line) => lineView(state.settings, line!));
}

/** A line as it goes out. */
export function lineView(settings: ProjectSettings, line: LineVersion): LineView {
  return {
    id: line.id,
    version: line.version,
    owner: settings.owner,
    project: settings.project,
    createdAtMs: line.createdAtMs,
    definition: line.definition,
    warnings: unreachableStations(line.definition).map(unreachableWarning),
  };
}

function unreachableWarning(stationId: string): string {
  return `No path from the first station reaches station '${stationId}'`;
}

function latestLine(state: QueueState, id: LineId): LineVersion | null {
  const version = state.latestLineVersion.get(id);
  return version === undefined ? null : state.lines.get(`${id}@${version}`) ?? null;
}
