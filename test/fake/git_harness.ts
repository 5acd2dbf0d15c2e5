/** Stock git against the fixture worker in real workerd: starting it, and running git in temporary folders. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import type { Env } from "../../worker/env.ts";
import type { TaskRepositoryApi } from "../../worker/domain/task_repository_api.ts";
import { GIT_ENVIRONMENT } from "./git_environment.ts";

/** What a git command did. */
export interface GitRun {
  readonly code: number;
  readonly stdout: string;
  /** Progress, `remote:` lines and errors. */
  readonly stderr: string;
}

export interface GitHarness {
  /** The clone address of the repository `name`. */
  url(name: string): string;
  /** Calls an RPC method of the object with the default access; bytes come back as text. */
  call<T>(name: string, method: keyof TaskRepositoryApi, ...args: unknown[]): Promise<T>;
  /** A new empty folder, removed by {@link close}. */
  folder(): Promise<string>;
  /** Runs git and expects exit code 0; gives what it printed, without the last line feed. */
  git(folder: string, ...args: string[]): Promise<string>;
  /** Runs git whatever becomes of it. */
  tryGit(folder: string, ...args: string[]): Promise<GitRun>;
  /** The column `n` of a query's one row, in the object's SQLite. */
  count(name: string, query: string): Promise<number>;
  /** Runs a statement in the object's SQLite. */
  sql(name: string, statement: string, ...bindings: unknown[]): Promise<void>;
  /** Puts bytes where the object looks for them in R2, below its own prefix. */
  putInR2(name: string, key: string, bytes: Uint8Array): Promise<void>;
  /** How many things the object has in R2. */
  countInR2(name: string): Promise<number>;
  /** Moves the object's clock forward, with what its alarm does then. */
  advance(name: string, ms: number): Promise<void>;
  /** Forgets the object's memory, as the platform may at any time. */
  evict(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Runs the steps one after the other, in one workerd. */
export function testGitSteps(
  name: string,
  steps: Readonly<Record<string, (harness: GitHarness) => Promise<void>>>,
) {
  Deno.test({
    name,
    // The harness keeps sockets to workerd open until it is closed, after the last step.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn(t) {
      const harness = await startGitHarness();
      try {
        for (const [name, step] of Object.entries(steps)) await t.step(name, () => step(harness));
      } finally {
        await harness.close();
      }
    },
  });
}

/** Starts workerd with the fixture worker. */
export async function startGitHarness(): Promise<GitHarness> {
  const root = await Deno.makeTempDir({ prefix: "git_interop_" });
  const server = createTestHarness({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    workers: [{
      config: {
        name: "git-fixture",
        main: "test/fake/git_worker.ts",
        compatibility_date: "2026-04-01",
        compatibility_flags: ["nodejs_compat"],
        send_metrics: false,
        durable_objects: { bindings: [{ name: "TASK_REPOSITORY", class_name: "TaskRepository" }] },
        migrations: [{ tag: "v1", new_sqlite_classes: ["TaskRepository"] }],
        vars: { SHOPFLOOR_CLOCK: "fake" },
        r2_buckets: [{ binding: "BLOBS", bucket_name: "git-fixture" }],
        rules: [{ type: "Text", globs: ["**/*.sql"], fallthrough: true }],
      },
    }],
  });
  const { url } = await server.listen();
  const worker = server.getWorker();

  async function tryGit(folder: string, ...args: string[]): Promise<GitRun> {
    const command = new Deno.Command("git", { args, cwd: folder, env: GIT_ENVIRONMENT, stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  const bindings = async () => await worker.getEnv() as unknown as Env;
  const bucket = async () => (await bindings()).BLOBS;
  const prefixOf = async (name: string) =>
    (await (await bindings()).TASK_REPOSITORY.idFromName(name)).toString();

  return {
    url: (name) => `${url.origin}/${name}.git`,
    async call<T>(name: string, method: string, ...args: unknown[]) {
      const response = await fetch(`${url.origin}/${name}/rpc/${method}`, {
        method: "POST",
        body: JSON.stringify(args),
      });
      return await response.json() as T;
    },
    folder: () => Deno.makeTempDir({ dir: root }),
    async git(folder, ...args) {
      const run = await tryGit(folder, ...args);
      assert.equal(run.code, 0, `git ${args.join(" ")}\n${run.stdout}${run.stderr}`);
      return run.stdout.replace(/\n$/, "");
    },
    tryGit,
    async count(name, query) {
      const storage = await worker.getDurableObjectStorage("TASK_REPOSITORY", { name });
      const rows = await storage.exec(query) as unknown as { n: number }[];
      return rows[0]!.n;
    },
    async sql(name, statement, ...bindings) {
      const storage = await worker.getDurableObjectStorage("TASK_REPOSITORY", { name });
      await storage.exec(statement, ...bindings as never[]);
    },
    async putInR2(name, key, bytes) {
      await (await bucket()).put(`${await prefixOf(name)}/${key}`, bytes as Uint8Array<ArrayBuffer>);
    },
    async countInR2(name) {
      const listed = await (await bucket()).list({ prefix: `${await prefixOf(name)}/` });
      return listed.objects.length;
    },
    async advance(name, ms) {
      const response = await fetch(`${url.origin}/${name}/advance/${ms}`, { method: "POST" });
      assert.equal(response.status, 204, await response.text());
    },
    evict: (name) => worker.evictDurableObject("TASK_REPOSITORY", { name }),
    async close() {
      await server.close();
      await Deno.remove(root, { recursive: true });
    },
  };
}
