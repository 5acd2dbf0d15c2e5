/** What the operator has set up for agents' tools. Each part is off without its own variables; nothing has a default. */
import type { ToolError } from "../domain/tool_error.ts";
import type { Env } from "../env.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { CiProvider, IssueTracker, WebSearch } from "../ports.ts";
import type { Provider } from "../providers/ask.ts";
import { createBrave } from "../providers/brave.ts";
import { createGitHubActions } from "../providers/github_actions.ts";
import { createGitHubIssues } from "../providers/github_issues.ts";
import { createSearxng } from "../providers/searxng.ts";

type Configured<T> = Result<T, ToolError>;

const GITHUB_API = "https://api.github.com";
const BRAVE_API = "https://api.search.brave.com";

const off = (what: Extract<ToolError, { reason: "off" }>["what"], why: string) =>
  err({ reason: "off" as const, what, why });
const plainFetch = (url: URL, init: RequestInit) => fetch(url, init);
const listOf = (text: string | undefined) =>
  (text ?? "").split(",").map((part) => part.trim().toLowerCase()).filter((part) => part !== "");

export function githubIssues(env: Env, gitUrl: string | null): Configured<IssueTracker> {
  const at = githubOf(env, gitUrl, "tracker");
  return at.ok ? ok(createGitHubIssues(at.value.provider, at.value.repository)) : at;
}

export function githubActions(env: Env, gitUrl: string | null): Configured<CiProvider> {
  const at = githubOf(env, gitUrl, "ci");
  return at.ok ? ok(createGitHubActions(at.value.provider, at.value.repository)) : at;
}

export function webSearch(env: Env): Configured<WebSearch> {
  const name = (env.SHOPFLOOR_WEB_SEARCH_PROVIDER ?? "").trim();
  const url = (env.SHOPFLOOR_WEB_SEARCH_URL ?? "").trim().replace(/\/+$/, "");
  const key = env.SHOPFLOOR_WEB_SEARCH_KEY ?? "";
  if (name === "brave") {
    if (key === "") return off("web_search", "SHOPFLOOR_WEB_SEARCH_KEY must be set for 'brave'");
    const headers = { accept: "application/json", "x-subscription-token": key };
    return ok(createBrave({ name, baseUrl: url || BRAVE_API, headers, fetch: plainFetch }));
  }
  if (name === "searxng") {
    if (url === "") return off("web_search", "SHOPFLOOR_WEB_SEARCH_URL must be set for 'searxng'");
    const headers = { accept: "application/json", ...(key === "" ? {} : { authorization: `Bearer ${key}` }) };
    return ok(createSearxng({ name, baseUrl: url, headers, fetch: plainFetch }));
  }
  return off("web_search", "SHOPFLOOR_WEB_SEARCH_PROVIDER must be 'brave' or 'searxng'");
}

/** Hosts that pages are fetched from. */
export function pageHosts(env: Env): Configured<readonly string[]> {
  const hosts = listOf(env.SHOPFLOOR_WEB_FETCH_HOSTS);
  return hosts.length > 0
    ? ok(hosts)
    : off("web_fetch", "SHOPFLOOR_WEB_FETCH_HOSTS must name the hosts, or '*'");
}

/**
 * The project's repository at GitHub. It must be among those that the operator lists: whoever may set a project's address
 * would else read any repository that the token reads.
 */
function githubOf(
  env: Env,
  gitUrl: string | null,
  what: "tracker" | "ci",
): Configured<{ readonly provider: Provider; readonly repository: string }> {
  const token = env.SHOPFLOOR_TOOLS_GITHUB_TOKEN ?? "";
  if (token === "") return off(what, "SHOPFLOOR_TOOLS_GITHUB_TOKEN must be set");
  const repository = repositoryOf(gitUrl, env.SHOPFLOOR_GITHUB_URL);
  if (repository === null) return off(what, "the project's git URL must be one of a repository at GitHub");
  const name = repository.toLowerCase();
  const isListed = listOf(env.SHOPFLOOR_TOOLS_GITHUB_REPOSITORIES)
    .some((rule) => rule === name || (rule.endsWith("/*") && name.startsWith(rule.slice(0, -1))));
  if (!isListed) return off(what, "SHOPFLOOR_TOOLS_GITHUB_REPOSITORIES must name the project's repository");
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "x-github-api-version": "2022-11-28",
    // GitHub refuses who does not name itself.
    "user-agent": "shopfloor",
  };
  const baseUrl = (env.SHOPFLOOR_GITHUB_API_URL ?? "").replace(/\/+$/, "") || GITHUB_API;
  return ok({ repository, provider: { name: "github", baseUrl, headers, fetch: plainFetch } });
}

/** `owner/name` of `https://github.com/owner/name.git` or `git@github.com:owner/name.git`; of no other host than ours. */
function repositoryOf(gitUrl: string | null, githubUrl: string | undefined): string | null {
  const hosts = [
    "github.com",
    ...(githubUrl && URL.canParse(githubUrl) ? [new URL(githubUrl).hostname] : []),
  ];
  const match = /^(?:https:\/\/|ssh:\/\/git@|git@)([^/:@]+)(?::\d+)?[/:]([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/
    .exec(
      gitUrl ?? "",
    );
  return match !== null && hosts.includes(match[1]!.toLowerCase()) ? `${match[2]}/${match[3]}` : null;
}
