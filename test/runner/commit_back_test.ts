/** Work that goes to a repository besides (Line 2.7, 18): whole runner, real git, a server that wants the job's token. */
import assert from "node:assert/strict";
import { type GitHost, startGitHost } from "../fake/git_host.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import type { CredentialSetting } from "../../runner-agent/domain/credential.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { openCredentials } from "../../runner-agent/job/wiring.ts";

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

async function work(
  rig: RunnerRig,
  taskId: string,
  command: string,
  back: object,
  autoGit = true,
  credentials: readonly CredentialSetting[] = [],
) {
  const commitBackRepository = { credentialKind: "agentics-repo", token: TOKEN, ...back } as never;
  const jobId = rig.addJob({
    taskId,
    autoGit,
    initBranch: true,
    operatorConfig: { command },
    commitBackRepository,
  });
  const runner = await rig.startInside(openProcessRuntime(rig), {
    isOnce: true,
    credentials: openCredentials(credentials, { PATH: Deno.env.get("PATH") }, systemClock),
  });
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

Deno.test("a job that names a credential is pushed back by this machine's command, to an address below its own alone", async () => {
  await withRunnerRig(async (rig) => {
    await using host = await startGitHost();
    const url = await target(rig, host);
    const marker = `${rig.root}/minted`;
    const credential = (address: string): CredentialSetting => ({
      name: "agentics-repo",
      address,
      command: `echo minted >> '${marker}'; echo ${TOKEN}`,
      scheme: "basic",
      from: "settings.yaml:2",
    });
    const named = { url, token: undefined, credential: "agentics-repo" };
    const seeing = `env | grep -c "${TOKEN.slice(0, 12)}" || true`;
    const pushed = await work(rig, "one", `${COMMIT}; ${seeing}`, named, true, [credential(url)]);
    assert.deepEqual([pushed.report.jobResult, pushed.report.error], ["success", null]);
    assert.equal(pushed.output, "0\n");
    const head = await rig.git(host.repository("back"), "rev-parse", "task-one");
    assert.equal(head, pushed.report.headCommit);
    assert.equal(await Deno.readTextFile(marker), "minted\n");

    const missing = await work(rig, "two", COMMIT, named);
    assert.equal(missing.report.jobResult, "failed");
    assert.match(missing.report.error ?? "", /this runner has no credential 'agentics-repo'/);
    assert.equal(missing.output, "", "its agent has not begun");
    const other = await work(rig, "three", COMMIT, named, true, [credential(`${host.url}/bac`)]);
    assert.match(
      other.report.error ?? "",
      /the credential 'agentics-repo' is for .*, and the address is not below it/,
    );
    assert.equal(await Deno.readTextFile(marker), "minted\n", "nothing was minted for another address");
    const broken = { ...credential(url), command: `echo ${TOKEN}; exit 3` };
    const failed = await work(rig, "four", COMMIT, named, true, [broken]);
    assert.match(
      failed.report.error ?? "",
      /credential 'agentics-repo' as it must end with 0: it ended with 3/,
    );
  });
});
