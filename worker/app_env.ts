/** What every route finds in its Hono context. */
import type { Caller } from "./domain/caller.ts";
import type { JobQueueApi } from "./domain/job_queue_api.ts";
import type { Env } from "./env.ts";

/** Who calls, if their token is of that project. */
export interface PlacedCaller {
  readonly owner: string;
  readonly project: string;
  readonly caller: Caller;
}

/**
 * `c.env` are the bindings; `c.var` is set by the middleware before any route runs. Each `c.var` is a copy of all of it,
 * so what every request of a busy runner passes says `c.get`.
 */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: {
    /** Who calls; proven for the admin, to be looked up by the queue for a token. */
    caller: Caller;
    /** Who signed in with a provider, as `SHOPFLOOR_ROLES` would name them, but has no role; set beside `nobody`. */
    roleless?: string;
    /** Given by the client in `x-request-id` when well-formed, else made; echoed in the answer and in errors. */
    requestId: string;
    /** The project of the path, and its queue; set below `/api/owners/{owner}/projects/{project}`. */
    at: { readonly owner: string; readonly project: string };
    queue: JobQueueApi;
    /** Where paths name no project and no session: who calls, in each project that their token may be of. */
    callersOf?: (tokenOfQuery?: string) => Promise<readonly PlacedCaller[]>;
    /** Below `/api/lives`, where paths name no project: who calls, once it is known which; null: no token came. */
    callerIn?: (owner: string, project: string, tokenOfQuery?: string) => Caller | null;
  };
}
