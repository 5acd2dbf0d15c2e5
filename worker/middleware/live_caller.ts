/**
 * Who calls below `/api/lives`: paths there name no project, and the token of a run is proven against one. So routes ask
 * again once they know whose the session is. The reference's operator sends no token with most calls.
 */
import { bearerOf, callerOf } from "./auth.ts";
import { guard } from "./guard.ts";

/** Sets `c.var.callerIn`. Expects that a header which cannot be read was refused before. */
export function liveCaller() {
  return guard((c) => {
    const header = c.req.header("authorization");
    c.set("callerIn", (owner, project, tokenOfQuery) => {
      // A person's own token names no project.
      if (header !== undefined && c.get("caller").kind === "person") return c.get("caller");
      const token = header === undefined ? tokenOfQuery : bearerOf(header);
      return token == null ? null : callerOf(token, c.env.SHOPFLOOR_ADMIN_TOKEN, { owner, project });
    });
    return null;
  });
}
