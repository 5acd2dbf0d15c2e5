/** Lines and their versions. */
import type { LineId } from "../../../protocol/ids.ts";
import { ok } from "../../../protocol/result.ts";
import { deleteLine, findLine, lineView, listLines, putLine } from "../../domain/line_catalog.ts";
import { requireProject } from "../../domain/project.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "putLine" | "readLine" | "listLines" | "deleteLine";

export const lineHandlers: Handlers<Methods> = {
  putLine: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      (draft, actor) => putLine(draft, actor, { lineId: input.lineId as LineId | null, line: input.line }),
    );
  },
  readLine: (queue, caller, lineId) => {
    return queue.access.asAny(caller, () => {
      const line = findLine(queue.core.state, lineId);
      return line.ok ? ok(lineView(queue.core.state.settings, line.value)) : line;
    });
  },
  listLines: (queue, caller) => {
    return queue.access.asAny(caller, () => {
      const found = requireProject(queue.core.state.settings);
      return found.ok ? ok(listLines(queue.core.state)) : found;
    });
  },
  deleteLine: (queue, caller, lineId) => {
    return queue.access.asUser(caller, (draft, actor) => deleteLine(draft, actor, lineId as LineId));
  },
};
