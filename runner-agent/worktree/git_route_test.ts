import assert from "node:assert/strict";
import { join } from "node:path";
import { createGitRoute } from "./git_route.ts";
import { runGit, serve } from "./worktree_test_fixture.ts";

const LARGE_BYTES = 24 * 1024 * 1024;
const DEADLINE_MS = 10_000;

async function withRepository(
  body: (place: { root: string; gitDir: string; url: string; port: number }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor_route_" });
  const gitDir = join(root, "served.git");
  const route = createGitRoute({ gitDir, prefix: "/git/project.git" });
  const server = serve(route);
  const port = server.addr.port;
  try {
    await git(root, "init", "--quiet", "--bare", gitDir);
    await body({ root, gitDir, port, url: `http://127.0.0.1:${port}/git/project.git` });
  } finally {
    await server.shutdown();
    await Deno.remove(root, { recursive: true });
  }
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const identity = [
    "-c",
    "user.name=P",
    "-c",
    "user.email=p@example.invalid",
    "-c",
    "init.defaultBranch=main",
  ];
  const done = await runGit([...identity, ...args], { cwd, env: { HOME: cwd } });
  assert.equal(done.code, 0, done.stderr);
  return done.stdout.trim();
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await isTrue()) {
    if (performance.now() > deadline) {
      throw new Error(`Cannot go on as ${what} must happen within ${DEADLINE_MS} ms`);
    }
  }
}

Deno.test("stock git pushes and clones a large file through the route, byte for byte", async () => {
  await withRepository(async ({ root, url }) => {
    const work = join(root, "work");
    await git(root, "init", "--quiet", work);
    const bytes = new Uint8Array(LARGE_BYTES);
    for (let i = 0; i < bytes.length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));
    await Deno.writeFile(join(work, "large.bin"), bytes);
    await git(work, "add", "--all");
    await git(work, "commit", "--quiet", "--message", "large");
    await git(work, "push", "--quiet", url, "HEAD:main");
    await git(root, "clone", "--quiet", "--branch", "main", url, "clone");
    assert.deepEqual(await Deno.readFile(join(root, "clone", "large.bin")), bytes);
    await git(join(root, "clone"), "fsck", "--full");
  });
});

Deno.test("the protocol version that the client asks for reaches git", async () => {
  await withRepository(async ({ url }) => {
    const response = await fetch(`${url}/info/refs?service=git-upload-pack`, {
      headers: { "git-protocol": "version=2" },
    });
    assert.equal(response.headers.get("content-type"), "application/x-git-upload-pack-advertisement");
    assert.match(await response.text(), /version 2/);
  });
});

Deno.test("only the three paths of smart HTTP exist", async () => {
  await withRepository(async ({ url, port }) => {
    const status = async (address: string, init?: RequestInit) => {
      const response = await fetch(address, init);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status(`${url}/HEAD`), 404);
    assert.equal(await status(`${url}/config`), 404);
    assert.equal(await status(`${url}/objects/info/packs`), 404);
    assert.equal(await status(`http://127.0.0.1:${port}/git/other.git/info/refs`), 404);
    assert.equal(await status(`${url}/git-upload-pack`), 405);
    assert.equal(await status(`${url}/info/refs`, { method: "POST" }), 405);
  });
});

Deno.test("a push that its client gives up is killed with all that it started", async () => {
  await withRepository(async ({ root, gitDir, url }) => {
    const pidFile = join(root, "hook.pid");
    await Deno.writeTextFile(
      join(gitDir, "hooks", "pre-receive"),
      `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n`,
      {
        mode: 0o700,
      },
    );
    const work = join(root, "work");
    await git(root, "init", "--quiet", work);
    await git(work, "commit", "--quiet", "--allow-empty", "--message", "x");
    const client = new Deno.Command("git", {
      args: ["push", "--quiet", url, "HEAD:main"],
      cwd: work,
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    const readPid = async () => (await Deno.readTextFile(pidFile).catch(() => "")).trim();
    await until("the hook", async () => await readPid() !== "");
    const hookPid = await readPid();
    Deno.kill(-client.pid, "SIGKILL");
    await client.status;
    await until("the hook's end", async () => !await isAlive(hookPid));
    assert.equal(await git(root, `--git-dir=${gitDir}`, "for-each-ref"), "");
  });
});

Deno.test("a repository that is gone is answered with an error, not with a hanging request", async () => {
  await withRepository(async ({ gitDir, url }) => {
    await Deno.remove(gitDir, { recursive: true });
    const response = await fetch(`${url}/info/refs?service=git-upload-pack`);
    await response.body?.cancel();
    assert.ok(response.status >= 400, String(response.status));
  });
});

/** A killed process may stay as a zombie where nobody reaps orphans. */
async function isAlive(pid: string): Promise<boolean> {
  const stat = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", pid] }).output();
  const state = new TextDecoder().decode(stat.stdout).trim();
  return state !== "" && !state.startsWith("Z");
}
