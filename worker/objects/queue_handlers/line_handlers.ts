/** Lines and their versions. */
import type { LineId } from "../../../protocol/ids.ts";
import { ok, type Result } from "../../../protocol/result.ts";
import {
  deleteLine,
  findLine,
  findVersion,
  lineView,
  listLines,
  pageOfVersions,
  putLine,
} from "../../domain/line_catalog.ts";
import { requireProject } from "../../domain/project.ts";
import { authorizeUser, checkLine } from "../../domain/authorize.ts";
import { recallAnswer } from "../../domain/idempotency.ts";
import type { Caller } from "../../domain/caller.ts";
import type { LineView, QueueError } from "../../domain/job_queue_api.ts";
import { lineJson } from "../../domain/line_wire.ts";
import type { LineVersion } from "../../domain/queue_state.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "putLine"
  | "readLine"
  | "readLineJson"
  | "listLines"
  | "listLineVersions"
  | "readLineVersion"
  | "authorizeImport"
  | "deleteLine";

export const lineHandlers: Handlers<Methods> = {
  putLine: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      { scope: "lines:write", lineId: input.lineId },
      (draft, actor) => putLine(draft, actor, { ...input, lineId: input.lineId as LineId | null }),
    );
  },
  readLine: (queue, caller, lineId) => {
    return seenLine(queue, caller, lineId, (line) => lineView(queue.core.state.settings, line));
  },
  readLineJson: (queue, caller, lineId) => {
    return seenLine(queue, caller, lineId, (line) => lineJson(queue.core.state.settings, line));
  },
  listLines: (queue, caller) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, (reader) => {
      const found = requireProject(state.settings);
      return found.ok ? ok(listLines(state).filter((line) => checkLine(reader, line.id).ok)) : found;
    });
  },
  listLineVersions: (queue, caller, input) => {
    return queue.access.asAny(caller, (reader) => {
      const page = pageOfVersions(queue.core.state, input);
      if (!page.ok) return page;
      const seen = checkLine(reader, input.lineId);
      return seen.ok ? ok({ versions: page.value.rows, nextCursor: page.value.nextCursor }) : seen;
    });
  },
  readLineVersion: (queue, caller, { lineId, version }) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, (reader) => {
      const found = findVersion(state, lineId, version);
      if (!found.ok) return found;
      const seen = checkLine(reader, lineId);
      return seen.ok ? ok(lineView(state.settings, found.value)) : seen;
    });
  },
  authorizeImport: (queue, caller) => {
    const { state } = queue.core;
    const nowMs = queue.core.nowMs();
    const user = authorizeUser(state, caller, { scope: "lines:write", lineId: null }, nowMs);
    if (!user.ok) return user;
    const known = recallAnswer<LineView>(state, caller, nowMs);
    if (known === null) return ok({ known: null });
    return known.ok ? ok({ known: known.value }) : known;
  },
  deleteLine: (queue, caller, lineId) => {
    return queue.access.asUser(
      caller,
      { scope: "lines:write", lineId },
      (draft, actor) => deleteLine(draft, actor, lineId as LineId),
    );
  },
};

/** The newest version of a line as `view` shows it, to whom may see it. */
function seenLine<T>(
  queue: OpenQueue,
  caller: Caller,
  lineId: string,
  view: (line: LineVersion) => T,
): Result<T, QueueError> {
  return queue.access.asAny(caller, (reader) => {
    const line = findLine(queue.core.state, lineId);
    if (!line.ok) return line;
    const seen = checkLine(reader, lineId);
    return seen.ok ? ok(view(line.value)) : seen;
  });
}
