/** What one route of the table says, and the short ways to write a row. */

/**
 * Who a route is for. `agent`: the job's own token alone. `any`: every token of the project. `job`: as `any`, and the job itself. `stream`: a user, and the
 * runner and job of the task. `socket`: a user or a runner. `link`: the token of a gate link.
 * `install`: a user of the project that the request names. `ask`: such a token, a user or a runner of the ask's project. `page`: a signed-in browser,
 * others are sent to the sign-in page. `admin`: the admin token only. `open`: everybody, or a proof in the body.
 */
export type Audience =
  | "user"
  | "runner"
  | "any"
  | "artifact"
  | "stream"
  | "job"
  | "agent"
  | "socket"
  | "git"
  | "link"
  | "ask"
  | "install"
  | "page"
  | "admin"
  | "open";

/** One wrong request with the token that is right for the route. */
export interface BadRow {
  readonly what: string;
  /** Sent as JSON; a string is sent as it is. Absent: the route's good body. */
  readonly body?: unknown;
  /** Added to the path. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the ids of the fixture. */
  readonly ids?: Readonly<Record<string, string>>;
  /** With a token that nobody made. */
  readonly isForeign?: boolean;
  /** With the admin's token, which belongs to every project. */
  readonly isAdmin?: boolean;
  readonly status: number;
  /** Absent: the answer is a page or text. */
  readonly code?: string;
  readonly says?: RegExp;
}

export interface RouteRows {
  /** Method and pattern, as the app has registered it; `B` is `/api/owners/:owner/projects/:project`. */
  readonly route: string;
  readonly audience: Audience;
  /** A query that the route would take; without it the route wants none. `OWNER/PROJECT`, here and in bodies, is the project. */
  readonly goodQuery?: string;
  /** A body that the route would take. */
  readonly good?: unknown;
  /** The good body is JSON: then broken JSON, a list, and a body that is too large are tried. */
  readonly isJson?: boolean;
  /** Unknown fields are refused. */
  readonly isStrict?: boolean;
  /** Code of the 404 for each id in the path that nobody made. */
  readonly unknown?: Readonly<Record<string, string>>;
  readonly rows?: readonly BadRow[];
}

/** A station that makes jobs. */
export const station = (id: string, more: object = {}) => ({
  id,
  name: id,
  trigger: { type: "dispatch_worker" },
  ...more,
});
/** A body that does not fit. */
export const bad = (what: string, body: unknown, says: RegExp): BadRow => ({
  what,
  body,
  status: 400,
  code: "invalid_input",
  says,
});
/** A query that does not fit. */
export const badQuery = (query: string, says: RegExp): BadRow => ({
  what: `query ${query}`,
  query,
  status: 400,
  code: "invalid_input",
  says,
});

/** The 404 of every route below a task. */
export const TASK = { taskId: "task_not_found" };
