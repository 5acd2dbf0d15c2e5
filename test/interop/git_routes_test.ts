/** A task's repository through the whole Worker: who may take it along as a bundle, browse it, and push to it until when. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { GIT_ENVIRONMENT } from "../fake/git_environment.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";

async function git(folder: string, ...args: string[]) {
  const command = new Deno.Command("git", { args, cwd: folder, env: GIT_ENVIRONMENT, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).trim(), stderr: decoder.decode(stderr) };
}

/** A task whose job a runner holds, and the options with which git is that runner. */
async function heldTask(project: TestProject) {
  const line = { name: "L", stations: [{ id: "a", name: "a", trigger: { type: "dispatch_worker" } }] };
  await project.call("PUT", "/assembly-lines/l", { body: line });
  const runner = await project.register("r1");
  const task = (await project.call("POST", "/stages/l/tasks", { body: { title: "t" } })).json;
  const polled = await project.call("POST", "/runners/jobs", { token: runner.token, body: {} });
  assert.equal(polled.json.jobs[0].agentDefinition.taskId, task.id, polled.text);
  const basic = btoa(`x:${runner.token}`);
  const options = ["-c", `http.extraHeader=Authorization: Basic ${basic}`];
  return { taskId: task.id as string, runner, options };
}

Deno.test({
  name: "a task's repository through the whole Worker",
  // The harness keeps sockets to workerd open until it is closed.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using plane = await startPlane();
    const root = await Deno.makeTempDir({ prefix: "git_routes_" });
    const project = plane.project();
    const { taskId, options } = await heldTask(project);
    const url = `${plane.url}/api/git/${project.owner}/${project.project}/${taskId}.git`;
    const work = join(root, "work");
    const ofTask = `/tasks/${taskId}`;
    const push = () => git(work, ...options, "push", "-q", "origin", `HEAD:refs/heads/work/task-${taskId}`);
    try {
      assert.equal((await git(root, ...options, "clone", "-q", url, work)).code, 0);
      for (const subject of ["one", "two", "three"]) {
        await git(work, "commit", "-q", "--allow-empty", "-m", `${subject}\n\nbody`);
      }
      assert.equal((await push()).code, 0);
      const head = (await git(work, "rev-parse", "HEAD")).stdout;
      const ref = `refs/heads/work/task-${taskId}`;

      await t.step("its refs and its log are listed for whoever may read its files", async () => {
        const { refs } = await project.must(200, "GET", `${ofTask}/refs`);
        assert.deepEqual(refs.map((listed: { name: string }) => listed.name), ["refs/heads/main", ref]);
        assert.equal(refs[1].commit, head);
        const first = await project.must(200, "GET", `${ofTask}/commits?ref=${ref}&limit=2`);
        assert.deepEqual(first.commits.map((c: { subject: string }) => c.subject), ["three", "two"]);
        assert.equal(first.commits[0].id, head);
        assert.match(first.commits[0].authoredAt, /^20\d\d-.*Z$/);
        const cursor = encodeURIComponent(first.nextCursor);
        const rest = await project.must(200, "GET", `${ofTask}/commits?ref=${ref}&limit=2&cursor=${cursor}`);
        assert.deepEqual(rest.commits.map((c: { subject: string }) => c.subject), [
          "one",
          `Repository of task ${taskId}`,
        ]);
        assert.equal(rest.nextCursor, null);
        await project.must(400, "GET", `${ofTask}/commits?limit=0`);
        const bad = await project.must(400, "GET", `${ofTask}/commits?cursor=x`);
        assert.equal(bad.error.code, "bad_cursor");
        assert.equal(
          (await project.must(404, "GET", `${ofTask}/commits?ref=nope`)).error.code,
          "ref_not_found",
        );
      });

      await t.step("it is taken along as a bundle, and git clones from that", async () => {
        const response = await project.call("GET", `${ofTask}/bundle`);
        assert.equal(response.status, 200);
        assert.match(response.headers.get("content-disposition") ?? "", new RegExp(`"${taskId}.bundle"`));
        const bytes = new Uint8Array(
          await (await fetch(`${plane.url}${project.base}${ofTask}/bundle`, {
            headers: {
              authorization: `Bearer ${
                (await project.must(201, "POST", "/tokens", { body: { name: "ci" } })).token
              }`,
            },
          })).arrayBuffer(),
        );
        await Deno.writeFile(join(root, "task.bundle"), bytes);
        const cloned = await git(root, "clone", "-q", "task.bundle", "cloned");
        assert.equal(cloned.code, 0, cloned.stderr);
        assert.equal(
          (await git(join(root, "cloned"), "rev-parse", `origin/work/task-${taskId}`)).stdout,
          head,
        );
      });

      await t.step("strangers get none of it", async () => {
        for (const path of ["refs", "commits", "bundle"]) {
          assert.equal((await project.call("GET", `${ofTask}/${path}`, { token: null })).status, 401);
          assert.equal((await project.call("GET", `${ofTask}/${path}`, { token: "wrong" })).status, 401);
          assert.equal((await project.call("GET", `/tasks/nope/${path}`)).status, 404);
        }
      });

      await t.step("once the task has ended nobody pushes, and everybody may still read", async () => {
        await project.must(200, "POST", `${ofTask}/cancel`, { body: {} });
        await git(work, "commit", "-q", "--allow-empty", "-m", "late");
        const late = await push();
        assert.notEqual(late.code, 0);
        const { refs } = await project.must(200, "GET", `${ofTask}/refs`);
        assert.equal(refs[1].commit, head);
        assert.equal((await project.call("GET", `${ofTask}/bundle`)).status, 200);
      });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
