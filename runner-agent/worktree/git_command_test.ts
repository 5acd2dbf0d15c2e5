import assert from "node:assert/strict";
import { join } from "node:path";
import { createGit } from "./git_command.ts";
import { GIT_STDERR_MAX_BYTES } from "../limits.ts";
import { serve } from "./worktree_test_fixture.ts";
import { withTempDir } from "../../test/fake/temp_dir.ts";

/** A `git` of ours, found by PATH before the real one. */
async function fakeGit(directory: string, script: string): Promise<Record<string, string>> {
  await Deno.writeTextFile(join(directory, "git"), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  return {
    PATH: `${directory}:/usr/bin:/bin`,
    HOME: "/home/person",
    SECRET_KEY: "hidden",
    HTTPS_PROXY: "http://proxy",
  };
}

Deno.test("a command whose time is up is killed with its children and reported as such", async () => {
  await withTempDir(async (directory) => {
    const env = await fakeGit(directory, "sleep 600 & wait");
    const git = createGit(join(directory, "data"), env, { localMs: 50, remoteMs: 50 });
    const done = await git.run({ action: "wait", args: ["x"] });
    assert.ok(!done.ok);
    assert.equal(done.error.exitCode, 124);
    assert.match(done.error.stderr, /timed out after 50 ms/);
  });
});

Deno.test("a remote that accepts and never answers ends by the timeout", async () => {
  await withTempDir(async (directory) => {
    const stuck = Promise.withResolvers<Response>();
    const server = serve(() => stuck.promise);
    try {
      const git = createGit(join(directory, "data"), Deno.env.toObject(), { localMs: 5_000, remoteMs: 300 });
      const access = { kind: "task_repository", authorization: "Bearer x" } as const;
      const url = `http://127.0.0.1:${server.addr.port}/a.git`;
      const done = await git.run({ action: "list", access, args: ["ls-remote", url] });
      assert.ok(!done.ok);
      assert.equal(done.error.exitCode, 124);
    } finally {
      stuck.resolve(new Response("late"));
      await server.shutdown();
    }
  });
});

Deno.test("git gets only the variables that its access needs, and the host's home only for the project's origin", async () => {
  await withTempDir(async (directory) => {
    const env = await fakeGit(directory, "env");
    const git = createGit(join(directory, "data"), env);
    const seen = async (access: Parameters<typeof git.run>[0]["access"]) => {
      const done = await git.run({ action: "env", args: [], access });
      assert.ok(done.ok);
      assert.ok(!done.value.includes("hidden"));
      return done.value;
    };
    const local = await seen({ kind: "none" });
    assert.match(local, /^HOME=\/nonexistent$/m);
    assert.match(local, /^GIT_CONFIG_NOSYSTEM=1$/m);
    assert.match(local, /^GIT_ALLOW_PROTOCOL=file$/m);
    const task = await seen({ kind: "task_repository", authorization: "Bearer t" });
    assert.match(task, /^HOME=\/nonexistent$/m);
    assert.match(task, /^HTTPS_PROXY=http:\/\/proxy$/m);
    assert.match(task, /=Authorization: Bearer t$/m);
    const origin = await seen({
      kind: "origin",
      origin: { kind: "remote", url: "https://h/x", authorization: null },
    });
    assert.match(origin, /^HOME=\/home\/person$/m);
    assert.match(origin, /^GIT_ALLOW_PROTOCOL=http:https:ssh:git$/m);
    for (const text of [local, task, origin]) assert.match(text, /^GIT_TERMINAL_PROMPT=0$/m);
  });
});

Deno.test("an error carries the bounded end of stderr without the header, the token or a URL's user info", async () => {
  await withTempDir(async (directory) => {
    const script = `i=0; while [ $i -lt 2000 ]; do echo 'noise noise noise' >&2; i=$((i+1)); done
echo 'fatal: https://me:pw@host/x refused Authorization: Basic c2VjcmV0' >&2
echo 'and c2VjcmV0 again' >&2; exit 128`;
    const git = createGit(join(directory, "data"), await fakeGit(directory, script));
    const done = await git.run({
      action: "fetch",
      args: [],
      access: {
        kind: "origin",
        origin: { kind: "remote", url: "https://host/x", authorization: "Basic c2VjcmV0" },
      },
    });
    assert.ok(!done.ok);
    assert.equal(done.error.exitCode, 128);
    assert.ok(done.error.stderr.length <= GIT_STDERR_MAX_BYTES);
    assert.match(done.error.stderr, /https:\/\/\*\*\*@host\/x refused/);
    assert.doesNotMatch(done.error.stderr, /c2VjcmV0|me:pw/);
  });
});
