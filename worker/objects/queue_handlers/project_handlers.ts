/** Projects and their tokens. */
import { ok } from "../../../protocol/result.ts";
import { createUserToken, projectView, putProject, requireProject } from "../../domain/project.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "readProject" | "putProject" | "createUserToken";

export const projectHandlers: Handlers<Methods> = {
  readProject: (queue, caller) => {
    return queue.access.asAny(caller, () => {
      const found = requireProject(queue.core.state.settings);
      return found.ok ? ok(projectView(found.value)) : found;
    });
  },
  putProject: (queue, caller, input) => {
    return queue.access.asUser(caller, (draft, actor) => putProject(draft, actor, input));
  },
  createUserToken: (queue, caller, input) => {
    return queue.access.asUser(
      caller,
      (draft, actor) => createUserToken(draft, actor, { ...input, minted: queue.mint("user") }),
    );
  },
};
