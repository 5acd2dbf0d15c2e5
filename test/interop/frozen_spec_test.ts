/** A spec in a task's repository: what the station before left wins over the line's, and stays what the station found. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { GIT_ENVIRONMENT } from "../fake/git_environment.ts";
import { startPlane } from "../fake/plane.ts";

async function git(folder: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("git", { args, cwd: folder, env: GIT_ENVIRONMENT, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

const station = (id: string) => ({ id, name: id, trigger: { type: "dispatch_worker" } });

Deno.test({
  name: "a spec is frozen at the commit at which its station began",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using plane = await startPlane();
    const root = await Deno.makeTempDir({ prefix: "frozen_spec_" });
    try {
      const at = plane.project();
      const line = {
        ...{ name: "L", stations: [station("make"), station("ship")] },
        agenticsSpecFiles: {
          ".agentics/specs/login/prd.md": "# Of the line\n",
          ".agentics/specs/login/requirements.md": "## REQ-1: In\n",
        },
        transitionRules: [{ from: "make", to: "ship", condition: "success" }],
      };
      await at.must(200, "PUT", "/assembly-lines/line", { body: line });
      const runner = await at.register("r");
      const { id: taskId } = await at.must(201, "POST", "/stages/line/tasks", { body: { title: "t" } });
      const claim = async () =>
        (await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} })).jobs[0];
      const read = async (job: { runId: string; jobToken: string }, body: object) =>
        (await at.must(200, "POST", `/runs/${job.runId}/tools/af_spec_read`, { token: job.jobToken, body }))
          .result;
      const prd = { what: "artifact", artifact_name: "prd" };

      const work = join(root, "work");
      const options = ["-c", `http.extraHeader=Authorization: Basic ${btoa(`x:${runner.token}`)}`];
      const put = async (files: Readonly<Record<string, string>>) => {
        for (const [path, text] of Object.entries(files)) {
          await Deno.mkdir(join(work, path, ".."), { recursive: true });
          await Deno.writeTextFile(join(work, path), text);
        }
        await git(work, "add", "-A");
        await git(work, "commit", "-q", "-m", "change");
        await git(work, ...options, "push", "-q", "origin", `HEAD:refs/heads/work/task-${taskId}`);
        return await git(work, "rev-parse", "HEAD");
      };

      const first = await claim();
      await git(
        root,
        ...options,
        "clone",
        "-q",
        `${plane.url}/api/git/${at.owner}/${at.project}/${taskId}.git`,
        work,
      );
      const headCommit = await put({
        ".agentics/specs/login/prd.md": "# Of the work\n",
        ".agentics/specs/login/test_spec.md": "## TEST-1: t\nRequirements: REQ-1\nPath: test/in_test.ts\n",
        ".agentics/specs/other/prd.md": "---\nstatus: draft\n---\n",
      });
      const mine = await read(first, prd);
      assert.deepEqual(
        [mine.text, mine.revision],
        ["# Of the line\n", "line@1"],
        "its own push changes nothing",
      );
      await at.must(200, "PATCH", `/runners/${runner.id}`, {
        ...{ token: runner.token, body: { jobResult: "success", runId: first.runId, headCommit } },
      });

      const second = await claim();
      const of = { spec: "login" };
      const found = await read(second, { ...of, ...prd });
      assert.deepEqual([found.text, found.revision], ["# Of the work\n", headCommit]);
      assert.equal((await read(second, { ...of, what: "coverage" })).implemented, 0);
      await put({ ".agentics/specs/login/prd.md": "# Changed\n", "test/in_test.ts": "test();\n" });
      assert.equal((await read(second, { ...of, ...prd })).text, "# Of the work\n", "frozen");
      const counted = await read(second, { ...of, what: "coverage" });
      assert.deepEqual(
        [counted.requirements, counted.specified, counted.implemented],
        [1, 1, 1],
        "tests are live",
      );
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
