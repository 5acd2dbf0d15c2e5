/// <reference lib="deno.ns" />
/** A git server elsewhere: bare repositories in a temporary folder, served by stock `git http-backend` on loopback. */
import { join } from "node:path";
import { GIT_ENVIRONMENT } from "./git_environment.ts";

export interface GitHost extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `127.0.0.1:PORT`, as a list of allowed hosts names it. */
  readonly host: string;
  /** Requests so far, as `METHOD PATH?QUERY`. */
  readonly asked: readonly string[];
  /** Set to answer instead of git; null lets git answer. */
  intercept: (request: Request) => Response | null;
  /** Makes `/{name}.git` with one commit of these files on `main`, and a second, annotated-tagged one if `tag` is given. */
  publish(name: string, files: Readonly<Record<string, string | Uint8Array>>, tag?: string): Promise<void>;
  git(cwd: string, ...args: string[]): Promise<string>;
  repository(name: string): string;
}

export async function startGitHost(): Promise<GitHost> {
  const root = await Deno.makeTempDir({ prefix: "git_host_" });
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    asked.push(`${request.method} ${pathname}${search}`);
    return self.intercept(request) ?? await serve(root, request);
  });
  const host = `127.0.0.1:${server.addr.port}`;
  const self: GitHost = {
    url: `http://${host}`,
    host,
    asked,
    intercept: () => null,
    repository: (name) => join(root, `${name}.git`),
    git: async (cwd, ...args) => {
      const done = await new Deno.Command("git", { args, cwd, env: GIT_ENVIRONMENT, stdin: "null" }).output();
      const text = new TextDecoder().decode(done.success ? done.stdout : done.stderr);
      if (!done.success) throw new Error(`Cannot go on as git ${args[0]} must succeed: ${text}`);
      return text.trim();
    },
    publish: async (name, files, tag) => {
      const work = join(root, `${name}-work`);
      await Deno.mkdir(work);
      await self.git(work, "init", "-q", "-b", "main");
      for (const [path, content] of Object.entries(files)) {
        await Deno.mkdir(join(work, path, ".."), { recursive: true });
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        await Deno.writeFile(join(work, path), bytes);
      }
      await self.git(work, "add", "-A");
      await self.git(work, "commit", "-qm", "first");
      if (tag !== undefined) await self.git(work, "tag", "-a", tag, "-m", tag);
      await self.git(root, "clone", "-q", "--bare", work, `${name}.git`);
      await Deno.remove(work, { recursive: true });
    },
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
      await Deno.remove(root, { recursive: true });
    },
  };
  return self;
}

async function serve(root: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    env: {
      ...GIT_ENVIRONMENT,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.output();
  const stdin = child.stdin.getWriter();
  await stdin.write(new Uint8Array(await request.arrayBuffer()));
  await stdin.close();
  const { stdout } = await output;
  const text = new TextDecoder("latin1").decode(stdout.subarray(0, 4_096));
  const end = text.indexOf("\r\n\r\n");
  const headers = new Headers();
  let status = 200;
  for (const line of text.slice(0, end).split("\r\n")) {
    const [name = "", value = ""] = line.split(/: ?(.*)/s);
    if (name.toLowerCase() === "status") status = Number(value.slice(0, 3));
    else headers.set(name, value);
  }
  return new Response(stdout.slice(end + 4), { status, headers });
}
