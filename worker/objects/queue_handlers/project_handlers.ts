/** Projects and their tokens. */
import { ok } from "../../../protocol/result.ts";
import { createToken, deleteToken, listTokens } from "../../domain/access_token.ts";
import { projectView, putProject, requireProject } from "../../domain/project.ts";
import type { Demand } from "../../domain/scope.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "readProject" | "putProject" | "createToken" | "listTokens" | "deleteToken";

/** A token that may make tokens could make one that may do anything: it must be such a one itself. */
const OVER_TOKENS: Demand = { scope: "*", lineId: null };

export const projectHandlers: Handlers<Methods> = {
  readProject: (queue, caller) => {
    return queue.access.asAny(caller, () => {
      const found = requireProject(queue.core.state.settings);
      return found.ok ? ok(projectView(found.value)) : found;
    });
  },
  putProject: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      { scope: "lines:write", lineId: null },
      (draft, actor) => putProject(draft, actor, input),
    );
  },
  createToken: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      OVER_TOKENS,
      (draft, actor) => createToken(draft, actor, { ...input, minted: queue.mint(input.kind) }),
      { holdsSecret: true },
    );
  },
  listTokens: (queue, caller) => {
    return queue.access.asUser(caller, OVER_TOKENS, (draft) => ok(listTokens(draft.before)));
  },
  deleteToken: (queue, caller, tokenId) => {
    return queue.access.asUser(
      caller,
      OVER_TOKENS,
      (draft, actor) => deleteToken(draft, actor, tokenId),
    );
  },
};
