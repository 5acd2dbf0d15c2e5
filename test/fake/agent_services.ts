/**
 * What agents' tools ask of the world, on this machine: GitHub's REST API for issues and Actions, Brave, SearXNG and some
 * pages. As strict as the real ones: a request without the right key, version, method or parameters is refused, and
 * answers have the shapes of the recorded ones, with fields that nobody reads.
 */
export const TOOLS_TOKEN = "ghp_of_the_agents_tools";
export const SEARCH_KEY = "BSA_of_the_agents_tools";

export interface FakeServices extends AsyncDisposable {
  readonly url: string;
  /** Method, path and query of each request, in order. */
  readonly calls: string[];
}

const REPOSITORY = "acme/widgets";
const AT = "2026-11-20T10:00:00Z";

interface Issue {
  readonly number: number;
  title: string;
  body: string | null;
  state: string;
  labels: string[];
  assignees: string[];
  readonly isPull: boolean;
  readonly comments: string[];
}

export function startAgentServices(): FakeServices {
  const calls: string[] = [];
  const issues: Issue[] = [
    issueOf(1, "Login fails", { labels: ["bug"] }),
    issueOf(2, "A pull request", { isPull: true }),
  ];
  const log = Array.from({ length: 30 }, (_, n) => `2026-11-20T10:00:${n}Z line ${n}\n`).join("");

  async function github(request: Request, url: URL): Promise<Response> {
    const refuse = (status: number, message: string) =>
      Response.json({ message, documentation_url: "" }, { status });
    const { headers, method } = request;
    if (headers.get("authorization") !== `Bearer ${TOOLS_TOKEN}`) return refuse(401, "Bad credentials");
    if (!headers.get("user-agent") || headers.get("x-github-api-version") !== "2022-11-28") {
      return refuse(403, "Request forbidden by administrative rules");
    }
    const path = url.pathname.replace(/^\/github/, "");
    const root = `/repos/${REPOSITORY}`;
    const wire = (issue: Issue) => ({
      ...{
        id: 9_000 + issue.number,
        node_id: "I_",
        number: issue.number,
        title: issue.title,
        body: issue.body,
      },
      ...{ state: issue.state, labels: issue.labels.map((name) => ({ id: 1, name, color: "fff" })) },
      assignee: issue.assignees[0] === undefined ? null : { login: issue.assignees[0], id: 1 },
      ...{
        user: { login: "octocat", id: 1 },
        created_at: AT,
        updated_at: AT,
        comments: issue.comments.length,
      },
      ...{ html_url: `https://github.com/${REPOSITORY}/issues/${issue.number}` },
      repository_url: `https://api.github.com${root}`,
      ...(issue.isPull ? { pull_request: { url: "x" } } : {}),
    });
    if (path === "/search/issues" && method === "GET") {
      const q = url.searchParams.get("q") ?? "";
      const repositories = [...q.matchAll(/(?<!")\brepo:(\S+)/g)].map((match) => match[1]);
      if (repositories.length !== 1) return refuse(422, "Validation Failed");
      const words = [...q.matchAll(/(?<=^|\s)"([^"]+)"/g)].map((match) => match[1]!.toLowerCase());
      const items = issues.filter((issue) => words.every((word) => issue.title.toLowerCase().includes(word)));
      return Response.json({ total_count: items.length, incomplete_results: false, items: items.map(wire) });
    }
    if (path === `${root}/issues` && method === "GET") return Response.json(issues.map(wire));
    if (path === `${root}/issues` && method === "POST") {
      const { title, body, labels = [], assignees = [] } = await request.json() as Partial<Issue>;
      if (typeof title !== "string") return refuse(422, "Validation Failed");
      const made = issueOf(issues.length + 1, title, { body, labels, assignees });
      issues.push(made);
      return Response.json(wire(made), { status: 201 });
    }
    const [, number, rest] = new RegExp(`^${root}/issues/(\\d+)(/comments)?$`).exec(path) ?? [];
    if (number !== undefined) {
      const issue = issues.find((one) => one.number === Number(number));
      if (issue === undefined) return refuse(404, "Not Found");
      const wireComment = (body: string) => ({ id: 1, user: { login: "octocat" }, body, created_at: AT });
      if (rest !== undefined && method === "POST") {
        const { body } = await request.json() as { body: string };
        issue.comments.push(body);
        return Response.json(wireComment(body), { status: 201 });
      }
      if (rest !== undefined) return Response.json(issue.comments.map(wireComment));
      if (method === "PATCH") Object.assign(issue, await request.json() as object);
      return Response.json(wire(issue));
    }
    const run = {
      ...{
        id: 77,
        name: "CI",
        node_id: "W",
        head_branch: "main",
        head_sha: "a".repeat(40),
        path: ".github/ci.yml",
      },
      ...{ status: "completed", conclusion: "failure", run_started_at: AT, created_at: AT, updated_at: AT },
      html_url: `https://github.com/${REPOSITORY}/actions/runs/77`,
    };
    if (path === `${root}/actions/runs`) {
      const isFound = (url.searchParams.get("head_sha") ?? run.head_sha) === run.head_sha;
      return Response.json({ total_count: isFound ? 1 : 0, workflow_runs: isFound ? [run] : [] });
    }
    if (path === `${root}/pulls/2`) {
      return Response.json({ number: 2, head: { sha: "a".repeat(40), ref: "x" } });
    }
    if (path === `${root}/actions/runs/77`) return Response.json(run);
    if (path === `${root}/actions/runs/77/jobs`) {
      const job = { id: 5, run_id: 77, name: "test", status: "completed", started_at: AT, completed_at: AT };
      const skipped = { ...job, id: 6, name: "deploy", conclusion: "skipped", html_url: null };
      return Response.json({
        total_count: 2,
        jobs: [{ ...job, conclusion: "failure", html_url: "https://x/5" }, skipped],
      });
    }
    if (path === `${root}/actions/jobs/5/logs`) {
      return new Response(null, { status: 302, headers: { location: `${url.origin}/blob/log?sig=1` } });
    }
    return refuse(404, "Not Found");
  }

  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    calls.push(`${request.method} ${url.pathname}${decodeURIComponent(url.search.replaceAll("+", " "))}`);
    if (url.pathname.startsWith("/github/")) return await github(request, url);
    // A signed address takes no other key.
    if (url.pathname === "/blob/log") {
      return request.headers.has("authorization") ? new Response("no", { status: 400 }) : new Response(log);
    }
    if (url.pathname === "/res/v1/web/search") {
      if (request.headers.get("x-subscription-token") !== SEARCH_KEY) {
        return new Response("{}", { status: 422 });
      }
      const results = [{
        ...{
          type: "search_result",
          title: "<strong>Deno</strong> docs",
          url: "https://docs.example.org/deno",
        },
        ...{
          description: "About &quot;<strong>deno</strong>&quot;.",
          page_age: "2026-11-01T00:00:00",
          language: "en",
        },
      }];
      return Response.json({ type: "search", query: { original: "q" }, web: { type: "search", results } });
    }
    if (url.pathname === "/search") {
      if (url.searchParams.get("format") !== "json") return new Response("<html>", { status: 403 });
      const result = {
        title: "Deno",
        url: "https://docs.example.org/",
        content: "About deno.",
        engine: "x",
        score: 1,
      };
      return Response.json({
        query: "q",
        number_of_results: 0,
        results: [result],
        answers: [],
        suggestions: [],
      });
    }
    if (url.pathname === "/page") {
      const html =
        "<html><head><title>A page</title></head><body><p>Hello</p><script>no()</script></body></html>";
      return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
    }
    if (url.pathname === "/inward") {
      return new Response(null, {
        status: 302,
        headers: { location: "http://169.254.169.254/latest/meta-data" },
      });
    }
    if (url.pathname === "/image") return new Response("x", { headers: { "content-type": "image/png" } });
    return new Response("not found", { status: 404 });
  });
  const { port } = server.addr as Deno.NetAddr;
  return { url: `http://127.0.0.1:${port}`, calls, [Symbol.asyncDispose]: () => server.shutdown() };
}

function issueOf(number: number, title: string, more: Partial<Issue> = {}): Issue {
  const rest = { body: "body", state: "open", labels: [], assignees: [], isPull: false, comments: [] };
  return { number, title, ...rest, ...more };
}
