/** People look into the worktree of an agent at work: the real Worker, our runner at its socket, and plain processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRunConfig } from "../../runner-agent/config.ts";
import { ProcessContainer } from "../../runner-agent/container/process_container.ts";
import { runDaemon } from "../../runner-agent/job/daemon.ts";
import { openJournal } from "../../runner-agent/job/journal.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createDaemonDeps, stateDirOf } from "../../runner-agent/job/wiring.ts";
import { commandHarness } from "../../runner-agent/harness/command.ts";
import { WORKTREE_FILE_MAX_BYTES } from "../../protocol/agent/limits.ts";
import { deriveSessionKey, signProof } from "../../worker/domain/session.ts";
import { ADMIN_TOKEN, startPlane } from "../fake/plane.ts";
import { startGitHub } from "../fake/github.ts";
import { openRunnerYard } from "../fake/scripted_runner.ts";
import { until } from "../worker/until.ts";
import { putLine, station, submit, take } from "../worker/work_fixture.ts";

/** What the agent does before it waits for the file `go_on` in its worktree. */
const WORK = `echo committed > committed.txt; git add committed.txt; git commit -qm one
echo tidy >> README.md
mkdir -p src/deep; echo new > src/deep/new.txt
printf 'a\\0b' > binary.bin
head -c 300000 /dev/zero | tr '\\0' x > large.txt
ln -s /etc outside; ln -s /etc/hostname outside_file
env > secret.txt
head -c 262134 /dev/zero | tr '\\0' x > across.txt; printf %s "$AGENTICS_TOKEN" >> across.txt
head -c 9000 /dev/zero | tr '\\0' y >> across.txt; printf %s "$AGENTICS_TOKEN" | head -c 10 > begins.txt
echo ready > ready
for i in $(seq 600); do [ -e go_on ] && exit 0; sleep 0.1; done; exit 9`;

Deno.test({
  name: "people look into a worktree",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using github = startGitHub();
    await using plane = await startPlane({ ...github.variables, SHOPFLOOR_ROLES: "*=viewer" });
    await using yard = await openRunnerYard(plane);
    const at = plane.project();
    await at.must(200, "PUT", "", { body: { gitUrl: yard.originDir } });
    await putLine(at, { name: "L", stations: [station("make", { operatorConfig: { command: WORK } })] });
    const registered = await at.register("ada");
    const dataDir = join(yard.root, "runners");
    const stateDir = stateDirOf(dataDir, registered.id);
    await Deno.mkdir(stateDir, { recursive: true });
    const journal = await openJournal(join(stateDir, "journal.db"));
    const uid = Deno.uid() ?? 0;
    const deps = createDaemonDeps({
      config: readRunConfig(
        { data: dataDir, allowRepositoryUnder: [yard.root], pollingInterval: "0.05", transport: "socket" },
        { env: {}, uid },
      ),
      registration: { ...registered, server: plane.url, owner: at.owner, project: at.project, labels: [] },
      runtime: new ProcessContainer({
        stateDir: join(yard.root, "processes"),
        instance: registered.id,
        clock: systemClock,
        warn: () => {},
      }),
      journal,
      clock: systemClock,
      log: () => {},
      env: {},
      uid,
      print: null,
    });
    const drain = new AbortController();
    const never = new AbortController().signal;
    const outcome = runDaemon({ ...deps, harnessByName: () => commandHarness }, {
      drain: drain.signal,
      stop: never,
      abandon: never,
    }).finally(() => journal.close());
    outcome.catch(() => undefined);
    const taskId = await submit(at);
    const runId = await until("the run must begin", async () => {
      const jobs = (await at.must(200, "GET", "/jobs")).jobs as {
        taskId: string;
        currentRunId: string | null;
      }[];
      return jobs.find((job) => job.taskId === taskId)?.currentRunId ?? null;
    });
    const path = `/runs/${runId}/worktree`;
    const see = (below: string) => at.call("GET", `${path}?path=${encodeURIComponent(below)}`);
    await until(
      "the agent must be at work",
      async () => (await see("ready")).status === 200 ? true : null,
    );
    const reader = await at.must(201, "POST", "/tokens", { body: { name: "r", scopes: ["tasks:read"] } });

    await t.step("a folder is its entries, without what is the runner's own", async () => {
      const root = await at.must(200, "GET", path, { token: reader.token });
      assert.equal(root.kind, "folder");
      const types = Object.fromEntries(
        root.entries.map((e: { name: string; type: string }) => [e.name, e.type]),
      );
      assert.deepEqual([types["README.md"], types["src"], types["outside"], types[".git"]], [
        "file",
        "folder",
        "link",
        undefined,
      ]);
      const deep = (await see("/src//deep/")).json;
      assert.deepEqual([deep.path, deep.entries.map((e: { name: string }) => e.name)], ["src/deep", [
        "new.txt",
      ]]);
    });

    await t.step("a file is its text, as it is now and not committed; what is none says so", async () => {
      assert.equal((await see("README.md")).json.text, "# Project\ntidy\n");
      const binary = (await see("binary.bin")).json;
      assert.deepEqual([binary.kind, binary.bytes, binary.text], ["file", 3, null]);
      const large = (await see("large.txt")).json;
      assert.deepEqual([large.bytes, large.text.length, large.isCut], [
        300_000,
        WORKTREE_FILE_MAX_BYTES,
        true,
      ]);
    });

    await t.step("links are told of and never followed, and nothing above is reached", async () => {
      assert.deepEqual((await see("outside_file")).json, {
        kind: "link",
        path: "outside_file",
        target: "/etc/hostname",
      });
      for (const way of ["outside/hostname", "nothing", ".git", ".git/config", "README.md/x"]) {
        const answer = await see(way);
        assert.deepEqual([answer.status, answer.json.error?.code], [404, "path_not_found"], way);
      }
      assert.equal((await see("../../worktree.json")).status, 400);
    });

    await t.step("secrets of the run are cut from what leaves", async () => {
      const { text } = (await see("secret.txt")).json;
      assert.match(text, /\[redacted\]/);
      const begins = (await see("begins.txt")).json.text;
      assert.match(begins, /^\S{10}$/);
      assert.ok(!text.includes(begins));
      const across = (await see("across.txt")).json;
      assert.ok(across.bytes > 262_134 + 9_000 + 20, "it must hold a token");
      assert.ok(!across.text.includes(begins), "a token that lies across the cut");
    });

    await t.step(
      "the diff has what is committed and what is not, and nothing from behind a link",
      async () => {
        const diff = await at.must(200, "GET", `${path}/diff`);
        assert.equal(diff.kind, "diff");
        assert.match(diff.text, /^\+tidy$/m);
        assert.match(diff.text, /\+\+\+ b\/committed\.txt/);
        assert.match(diff.text, /\+\+\+ b\/src\/deep\/new\.txt/);
        assert.match(diff.text, /Binary files .*binary\.bin differ/);
        assert.match(diff.text, /new file mode 120000[\s\S]*\+\/etc\/hostname/);
        assert.equal(diff.isCut, true, "the large file is not in it");
        const left = [...Deno.readDirSync(join(stateDir, "runs", runId))].map(({ name }) => name);
        assert.deepEqual(left.filter((name) => name.startsWith("look")), []);
      },
    );

    await t.step("its pages show the same, and lead from one to the other", async () => {
      const proof = signProof(
        "session",
        { provider: "github", subject: "vera" },
        Date.now() + 3_600_000,
        deriveSessionKey(ADMIN_TOKEN),
      );
      const headers = { cookie: `shopfloor_session=${proof}` };
      const run = `/p/${at.owner}/${at.project}/runs/${runId}`;
      const look = async (below: string) => {
        const answer = await plane.call("GET", `${run}${below}`, { token: null, headers });
        assert.equal(answer.status, 200, answer.text);
        return answer.text;
      };
      assert.match(await look(""), /href="[^"]*\/worktree"[^>]*>Look into its worktree/);
      assert.match(await look("/worktree"), /worktree\?path=src"[^>]*>src\//);
      assert.match(await look("/worktree?path=README.md"), /tidy/);
      assert.match(await look("/worktree?path=binary.bin"), /A binary file of 3 B/);
      assert.match(
        await look("/worktree?path=outside"),
        /A link to <code>\/etc<\/code>, which is not followed/,
      );
      assert.match(await look("/worktree/diff"), /<summary[^>]*>committed\.txt<\/summary>[\s\S]*\+committed/);
    });

    await t.step("of another's run nothing is heard, and a late answer is for nobody", async () => {
      const other = await at.register("bob");
      const body = { kind: "refused", why: "failed" };
      const foreign = await at.call("POST", `${path}/x`, { token: other.token, body });
      assert.deepEqual([foreign.status, foreign.json.error.code], [403, "not_your_runner"]);
      const late = await at.must(200, "POST", `${path}/x`, { token: registered.token, body });
      assert.deepEqual(late, { isHeard: false });
      assert.equal((await at.call("GET", path, { token: other.token })).status, 403);
    });

    await t.step("when the run has ended there is nothing to see, and it says so", async () => {
      await Deno.writeTextFile(join(stateDir, "runs", runId, "workspace", "go_on"), "");
      await until("the run must end", async () => {
        const answer = await at.call("GET", path);
        return answer.status === 409 && answer.json.error.code === "run_not_active" ? true : null;
      });
      drain.abort();
      assert.equal(await outcome, "drained");
    });

    await t.step("a runner that is not connected is said to be not connected", async () => {
      const far = plane.project();
      await putLine(far);
      const runner = await far.register("far");
      await submit(far);
      const job = await take(far, runner);
      const answer = await far.call("GET", `/runs/${job.runId}/worktree/diff`);
      assert.deepEqual([answer.status, answer.json.error.code], [409, "runner_not_connected"]);
      assert.equal((await far.call("GET", "/runs/nobody/worktree")).status, 404);
    });
  },
});
