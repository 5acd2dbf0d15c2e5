/** Work that goes to a repository besides (Line 2.7, 18): whole runner, real git, a server that wants the job's token. */
import assert from "node:assert/strict";
import { type GitHost, startGitHost } from "../fake/git_host.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const TOKEN = "commit-back-token-0123456789";
const COMMIT = "echo made > made.txt; git add made.txt; git commit -qm made";

/** A repository that takes pushes with the token, and has the project's history. */
async function target(rig: RunnerRig, host: GitHost): Promise<string> {
  await rig.git(rig.root, "clone", "--quiet", "--bare", rig.originDir, host.repository("back"));
  await rig.git(host.repository("back"), "config", "http.receivepack", "true");
  const wanted = `Basic ${btoa(`x-access-token:${TOKEN}`)}`;
  host.intercept = (request) =>
    request.headers.get("authorization") === wanted ? null : new Response("who are you", {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="back"' },
    });
  return `${host.url}/back.git`;
}

async function work(rig: RunnerRig, taskId: string, command: string, back: object, autoGit = true) {
  const commitBackRepository = { credentialKind: "agentics-repo", token: TOKEN, ...back } as never;
  const jobId = rig.addJob({
    taskId,
    autoGit,
    initBranch: true,
    operatorConfig: { command },
    commitBackRepository,
  });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true });
  assert.equal(await runner.outcome, "once");
  const { outcome } = rig.plane.runs.get(jobId)!;
  const seen = rig.plane.outputOf(jobId) + JSON.stringify(runner.events) + JSON.stringify(outcome);
  assert.ok(!seen.includes(TOKEN) && !seen.includes(btoa(`x-access-token:${TOKEN}`)));
  return { report: outcome!, output: rig.plane.outputOf(jobId) };
}

Deno.test("the work of a successful run is pushed to where the job says, with its token, which the agent never sees", async () => {
  await withRunnerRig(async (rig) => {
    await using host = await startGitHost();
    const url = await target(rig, host);
    const branches = () =>
      rig.git(host.repository("back"), "for-each-ref", "--format=%(refname:short) %(subject)");
    const seeing = `env | grep -c "COMMIT_BACK\\|${TOKEN.slice(0, 12)}" || true`;
    const { report, output } = await work(rig, "one", `${COMMIT}; ${seeing}`, { url });
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
    assert.equal(output, "0\n");
    assert.equal(
      await rig.git(host.repository("back"), "rev-parse", "task-one"),
      report.headCommit,
    );
    const before = await branches();
    assert.equal((await work(rig, "two", `${COMMIT}; exit 1`, { url })).report.jobResult, "failed");
    await work(rig, "three", COMMIT, { url, credentialKind: "runner" });
    await work(rig, "four", COMMIT, { url }, false);
    assert.equal(await branches(), before);
  });
});

Deno.test("a run whose work does not get to where the job says is no success, and says why", async () => {
  await withRunnerRig(async (rig) => {
    await using host = await startGitHost();
    const url = await target(rig, host);
    const refused = await work(rig, "one", COMMIT, { url: `${host.url}/missing.git` });
    assert.deepEqual([refused.report.jobResult, refused.report.exitCode], ["failed", 0]);
    assert.match(refused.report.error ?? "", /cannot push task-one to the job's commitBackRepository/);
    // Somebody else's commits stay.
    const other = await rig.git(host.repository("back"), "commit-tree", "-m", "other", "HEAD^{tree}");
    await rig.git(host.repository("back"), "branch", "task-two", other);
    const taken = await work(rig, "two", COMMIT, { url });
    assert.equal(taken.report.jobResult, "failed");
    assert.equal(await rig.git(host.repository("back"), "rev-parse", "task-two"), other);
  });
});
