/** Bare repositories over smart HTTP, by `git http-backend` of stock git. */
import { join } from "node:path";

export class GitBackend {
  readonly #tokens = new Map<string, string>();

  constructor(readonly root: string) {}

  /** A bare repository with one commit on main. */
  async make(name: string): Promise<string> {
    const seed = join(this.root, `${name}.seed`);
    const path = join(this.root, `${name}.git`);
    await Deno.mkdir(seed, { recursive: true });
    await Deno.writeTextFile(join(seed, "README.md"), `# ${name}\n`);
    await this.git(seed, "init", "-q", "-b", "main");
    await this.git(seed, "add", "-A");
    await this.git(seed, "-c", "user.name=S", "-c", "user.email=s@example.invalid", "commit", "-qm", "first");
    await this.git(this.root, "clone", "-q", "--bare", seed, path);
    await this.git(path, "config", "http.receivepack", "true");
    return path;
  }

  /** A repository that only the token opens. */
  async makeTask(name: string): Promise<string> {
    await this.make(name);
    const token = `repo-${crypto.randomUUID()}`;
    this.#tokens.set(name, token);
    return token;
  }

  /** The same as {@link serve} below `prefix`, for who has the repository's token as Bearer or Basic password. */
  async serveTask(request: Request, prefix: string): Promise<Response> {
    const path = new URL(request.url).pathname.slice(prefix.length);
    const sent = request.headers.get("authorization") ?? "";
    const token = sent.startsWith("Basic ")
      ? atob(sent.slice("Basic ".length)).split(":").slice(1).join(":")
      : sent.replace(/^Bearer /, "");
    if (token !== "" && this.#tokens.get(path.split("/")[1]?.replace(/\.git$/, "") ?? "") === token) {
      return await this.serve(request, path);
    }
    return new Response("no\n", { status: 401, headers: { "www-authenticate": 'Basic realm="task"' } });
  }

  async git(cwd: string, ...args: string[]): Promise<string> {
    const done = await new Deno.Command("git", {
      args,
      cwd,
      env: { HOME: this.root, GIT_CONFIG_NOSYSTEM: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!done.success) {
      throw new Error(`Cannot set up as git ${args[0]} must succeed: ${decoder.decode(done.stderr)}`);
    }
    return decoder.decode(done.stdout).trim();
  }

  /** @param pathInfo `/NAME.git/...` below the root. */
  async serve(request: Request, pathInfo: string): Promise<Response> {
    const child = new Deno.Command("git", {
      args: ["http-backend"],
      env: {
        HOME: this.root,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_PROJECT_ROOT: this.root,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: pathInfo,
        QUERY_STRING: new URL(request.url).search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers.get("content-type") ?? "",
        HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
        GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(await request.arrayBuffer()));
    await writer.close();
    const { stdout } = await child.output();
    return fromCgi(stdout);
  }
}

/** Headers, an empty line, the body (RFC 3875, section 6). */
function fromCgi(bytes: Uint8Array): Response {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 8_192));
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return new Response("no answer of git", { status: 500 });
  const headers = new Headers();
  let status = 200;
  for (const line of text.slice(0, end.index).split(/\r?\n/)) {
    const [name = "", ...rest] = line.split(":");
    const value = rest.join(":").trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value);
    else headers.set(name, value);
  }
  return new Response(bytes.slice(end.index + end[0].length), { status, headers });
}
