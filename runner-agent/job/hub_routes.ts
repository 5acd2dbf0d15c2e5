/**
 * What the hub of one run serves: the task's repository, the project's origin, the model, the operator, and the
 * control plane's API of this project. Credentials of agents pass through as they are; the runner's
 * own never appear (S1).
 */
import { ASSEMBLY_LINE_REPO_PATH, PROJECT_REPO_PATH } from "../domain/environment.ts";
import { projectPath } from "../control/control_plane.ts";
import type { HubRoute } from "./hub.ts";
import { refusal } from "./hub.ts";

export interface HubRoutesOptions {
  readonly serverUrl: string;
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  /** Where the server says that the task's repository is; its path counts, on the server that we are registered with. */
  readonly repositoryUrl: string | null;
  /** Resolves once the control plane answers, or when waiting has no more sense. */
  readonly untilReachable: () => Promise<unknown>;
  /**
   * The job's token of the task's repository, null while agents have none. Added to what comes without one: a run is
   * known by its socket, and some agent CLIs hide every credential from the git that they run.
   */
  readonly repositoryToken: string | null;
  /** Serves the project's origin; null when the run has none. */
  readonly projectGit: ((request: Request) => Promise<Response>) | null;
  /** Serves the model; null when the harness needs none. */
  readonly model: { readonly name: string; readonly handle: (request: Request) => Promise<Response> } | null;
  /**
   * On a server that gives jobs no token of their own: what the agent holds instead, and what the hub puts in its place
   * for the few calls that an agent needs. It means nothing outside of this hub, and ends with it.
   */
  readonly standIn: { readonly token: string; readonly authorization: string } | null;
  /** How the agent reaches its operator. */
  readonly operator: readonly HubRoute[];
}

const GIT_PATHS: ReadonlySet<string> = new Set(["/info/refs", "/git-upload-pack", "/git-receive-pack"]);

/** RFC 9110 7.6.1, and what concerned the sandbox's own connection. */
const CONNECTION_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

/** The path under which the model of a provider is reached. */
export function modelPath(provider: string): string {
  return `/model/${provider}`;
}

export function hubRoutes(options: HubRoutesOptions): readonly HubRoute[] {
  const { model, projectGit } = options;
  const apiPath = projectPath(options);
  const taskGitPath = repositoryPath(options);
  return [
    {
      path: `${ASSEMBLY_LINE_REPO_PATH}/`,
      handle(request) {
        const rest = new URL(request.url).pathname.slice(ASSEMBLY_LINE_REPO_PATH.length);
        if (!GIT_PATHS.has(rest)) {
          return refusal(404, "not_found", "This path is not part of the git protocol");
        }
        return forward(
          request,
          options,
          taskGitPath + rest,
          repositoryAuthorization(options.repositoryToken),
        );
      },
    },
    ...(projectGit === null ? [] : [{ path: `${PROJECT_REPO_PATH}/`, handle: projectGit }]),
    ...(model === null ? [] : [{ path: `${modelPath(model.name)}/`, handle: model.handle }]),
    {
      path: `${apiPath}/`,
      handle(request) {
        const { pathname } = new URL(request.url);
        const { standIn } = options;
        if (standIn === null || request.headers.get("authorization") !== `Bearer ${standIn.token}`) {
          return forward(request, options, pathname);
        }
        if (!isForAgents(request.method, pathname.slice(apiPath.length))) {
          return refusal(403, "not_for_agents", "A job's token reads its project and adds artifacts");
        }
        const headers = new Headers(request.headers);
        headers.set("authorization", standIn.authorization);
        return forward(new Request(request, { headers }), options, pathname);
      },
    },
    ...options.operator,
  ];
}

/** What stands in for a job's token is the runner's own: it must not lead to what only the runner may say. */
function isForAgents(method: string, path: string): boolean {
  // Plain segments only: how a server reads others (`%72`, `//`) is not for us to guess.
  if (!/^(?:\/[\w.~-]+)+$/.test(path) || /^\/(?:runners|runs)(?:\/|$)/.test(path)) return false;
  return method === "GET" || method === "HEAD" || (method === "POST" && path === "/artifacts");
}

/** Other servers name repositories as they like (Line 3, row 8); without a word it is the spec's path. */
function repositoryPath({ repositoryUrl, serverUrl, owner, project, taskId }: HubRoutesOptions): string {
  const named = repositoryUrl === null ? null : URL.parse(repositoryUrl, serverUrl);
  if (named !== null && /^https?:$/.test(named.protocol)) return named.pathname.replace(/\/+$/, "");
  return `/api/git/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/${
    encodeURIComponent(taskId)
  }.git`;
}

function repositoryAuthorization(token: string | null): string | null {
  return token === null ? null : `Bearer ${token}`;
}

/**
 * Sends a request on as it is, to the same query under another path of the control plane; bodies stream, so it waits for
 * a control plane that is away before it begins: what was half sent cannot be sent again.
 */
async function forward(
  request: Request,
  { serverUrl, untilReachable }: Pick<HubRoutesOptions, "serverUrl" | "untilReachable">,
  path: string,
  defaultAuthorization: string | null = null,
): Promise<Response> {
  await untilReachable();
  const headers = new Headers(request.headers);
  if (defaultAuthorization !== null && !headers.has("authorization")) {
    headers.set("authorization", defaultAuthorization);
  }
  for (const name of CONNECTION_HEADERS) headers.delete(name);
  // `fetch` decodes what it asked for; the client gets the plain bytes.
  headers.set("accept-encoding", "identity");
  const answer = await fetch(serverUrl.replace(/\/+$/, "") + path + new URL(request.url).search, {
    method: request.method,
    headers,
    body: request.body,
    redirect: "manual",
    signal: request.signal,
  });
  const answerHeaders = new Headers(answer.headers);
  for (const name of [...CONNECTION_HEADERS, "content-encoding"]) answerHeaders.delete(name);
  return new Response(BODILESS_STATUSES.has(answer.status) ? null : answer.body, {
    status: answer.status,
    headers: answerHeaders,
  });
}
