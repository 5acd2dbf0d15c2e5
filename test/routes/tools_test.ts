/** The tools of an agent over HTTP, by the token of its job: what they answer, and that nobody gets beyond their own work. */
import assert from "node:assert/strict";
import { toolResults } from "../../protocol/agent/tool_results.ts";
import type { AgentTool } from "../../protocol/agent/tools.ts";
import { SEARCH_KEY, startAgentServices, TOOLS_TOKEN } from "../fake/agent_services.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";

const SPEC = {
  ".agentics/specs/login/prd.md": "---\nstatus: active\n---\n# Login\n",
  ".agentics/specs/login/requirements.md": "## REQ-1: In\n\n## REQ-2: Out\n",
  ".agentics/specs/login/test_spec.md": "## TEST-1: t\nRequirements: REQ-1\nPath: test/in_test.ts\n",
  ".agentics/specs/login/tasks.md": "## 1. First\nRequirements: REQ-1\n\n## 2. Second\nStation: ship\n",
  ".agentics/specs/later/prd.md": "---\nstatus: draft\n---\n",
};
const station = (id: string, more: object = {}) => ({
  id,
  name: id,
  trigger: { type: "dispatch_worker", ...more },
});

async function begin(at: TestProject) {
  const line = {
    ...{ name: "L", agenticsSpecFiles: SPEC, stations: [station("make"), station("ship")] },
    transitionRules: [{ from: "make", to: "ship", condition: "success" }],
  };
  await at.must(200, "PUT", "/assembly-lines/line", { body: line });
  await at.must(200, "PUT", "", { body: { gitUrl: "https://github.com/acme/widgets.git" } });
  const runner = await at.register("r");
  const { id: taskId } = await at.must(201, "POST", "/stages/line/tasks", { body: { title: "t" } });
  const job = (await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} })).jobs[0];
  return { taskId, job, runner };
}

Deno.test({
  name: "tools of agents",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using services = startAgentServices();
    await using plane = await startPlane({
      SHOPFLOOR_GITHUB_API_URL: `${services.url}/github`,
      SHOPFLOOR_TOOLS_GITHUB_TOKEN: TOOLS_TOKEN,
      SHOPFLOOR_TOOLS_GITHUB_REPOSITORIES: "acme/*",
      SHOPFLOOR_WEB_SEARCH_PROVIDER: "brave",
      SHOPFLOOR_WEB_SEARCH_URL: services.url,
      SHOPFLOOR_WEB_SEARCH_KEY: SEARCH_KEY,
      SHOPFLOOR_WEB_FETCH_HOSTS: `${new URL(services.url).host}, *.example.org`,
    });
    const at = plane.project();
    const { taskId, job, runner } = await begin(at);
    const call = (tool: AgentTool, body: object, token = job.jobToken) =>
      at.call("POST", `/runs/${job.runId}/tools/${tool}`, { token, body });
    // deno-lint-ignore no-explicit-any -- results of every shape
    const use = async (tool: AgentTool, body: object): Promise<any> => {
      const answer = await call(tool, body);
      assert.equal(answer.status, 200, answer.text);
      toolResults[tool].parse(answer.json.result);
      return answer.json.result;
    };
    const refused = async (tool: AgentTool, body: object) => {
      const { status, json } = await call(tool, body);
      return `${status} ${json.error.code}`;
    };

    await t.step("only the run's own token calls, and only about this run", async () => {
      const { token } = await at.must(201, "POST", "/tokens", { body: { name: "ci" } });
      for (const other of [token, runner.token]) {
        assert.equal(
          (await call("af_subtask_state", { state: "done" }, other)).json.error.code,
          "wrong_token_kind",
        );
      }
      const elsewhere = await at.call("POST", `/runs/01jbrc9nf6m6sc7n75yr3hga9v/tools/af_issues`, {
        ...{ token: job.jobToken, body: { action: "search" } },
      });
      assert.equal(elsewhere.json.error.code, "run_not_found");
      const unknown = await at.call("POST", `/runs/${job.runId}/tools/af_shell`, {
        token: job.jobToken,
        body: {},
      });
      assert.equal(unknown.json.error.code, "tool_not_found");
      assert.equal(
        await refused("af_memory_recall", { query: "x", namespace: "line:other" }),
        "400 invalid_input",
      );
    });

    await t.step("a spec is read as its line brought it, in pages, and a draft is not", async () => {
      assert.equal(await refused("af_spec_read", { what: "rendered" }), "409 spec_ambiguous");
      assert.equal(await refused("af_spec_read", { what: "rendered", spec: "later" }), "409 spec_not_active");
      assert.equal(await refused("af_spec_read", { what: "rendered", spec: "x" }), "404 spec_not_found");
      const of = { spec: "login" };
      const tasks = await use("af_spec_read", { ...of, what: "artifact", artifact_name: "tasks" });
      assert.deepEqual([tasks.text, tasks.revision], [SPEC[".agentics/specs/login/tasks.md"], "line@1"]);
      assert.equal(
        await refused("af_spec_read", { ...of, what: "artifact", artifact_name: "architecture" }),
        "404 spec_artifact_not_found",
      );
      const { rows } = await use("af_spec_read", { ...of, what: "traceability" });
      assert.deepEqual(rows[0].tests, [{
        id: "TEST-1",
        title: "t",
        testPath: "test/in_test.ts",
        exists: false,
      }]);
      const counted = await use("af_spec_read", { ...of, what: "coverage" });
      assert.deepEqual([counted.requirements, counted.specified, counted.implemented], [2, 1, 0]);
      const listed = await at.must(200, "GET", `/tasks/${taskId}/specs`);
      assert.deepEqual(listed.specs.map(({ name, status }: Record<string, string>) => [name, status]), [
        ["later", "draft"],
        ["login", "active"],
      ]);
    });

    await t.step("subtasks come from the spec, and the agent moves its own up to verification", async () => {
      const path = `/tasks/${taskId}/subtasks`;
      const body = { spec: "login", state: "queued" };
      const made = await at.must(201, "POST", path, { body });
      assert.deepEqual(made.subtasks.map(({ id }: { id: string }) => id), ["login:1", "login:2"]);
      assert.equal((await at.must(201, "POST", path, { body })).subtasks.length, 2);
      assert.equal(
        await refused("af_subtask_state", { state: "in_progress", subtask_id: "login:2" }),
        "403 subtask_not_own",
      );
      const begun = await use("af_subtask_state", { state: "in_progress" });
      assert.deepEqual(begun, {
        ...{ subtaskId: "login:1", previous: "queued", state: "in_progress" },
        allowedNext: ["awaiting_verification"],
      });
      const early = await call("af_subtask_state", { state: "done" });
      assert.deepEqual([early.json.error.code, early.json.error.allowedNext], [
        "subtask_transition_refused",
        ["awaiting_verification"],
      ]);
      await use("af_subtask_state", { state: "awaiting_verification", note: "made" });
      const verified = await at.must(200, "POST", `${path}/login:1/verification`, {
        body: { outcomes: [{ checkId: "tests", result: "passed" }] },
      });
      assert.deepEqual([verified.state, verified.outcomes[0].by, verified.agent.runId], [
        "done",
        "user:admin",
        job.runId,
      ]);
      await plane.evict("JOB_QUEUE", at.queueName);
      const live = await use("af_spec_read", { what: "execution", subtask_id: "login:1" });
      assert.deepEqual([live.subtasks[0].state, live.subtasks[0].note], ["done", "made"]);
      const drop = (rationale?: string) =>
        at.call("POST", `${path}/login:2/transition`, { body: { state: "dropped", rationale } });
      assert.equal((await drop()).json.error.code, "rationale_required");
      assert.equal((await drop("not needed")).json.state, "dropped");
    });

    await t.step("contexts and memory are read as attached, and written by people only", async () => {
      await at.must(200, "PUT", "/contexts/guide", { body: { title: "Guide" } });
      await at.must(200, "PUT", "/contexts/guide/sources/style", {
        body: { title: "S", text: "# A\n\nName errors." },
      });
      await at.must(200, "PUT", "/contexts/guide/attachments", {
        body: { attachments: [{ lineId: "line" }] },
      });
      await at.must(201, "POST", "/memory", {
        body: { content: "Errors need codes.", provenance: "review" },
      });
      // The run began before: it is pinned to what there was.
      assert.deepEqual((await use("af_context_search", { query: "errors" })).chunks, []);
      assert.deepEqual((await use("af_memory_recall", { query: "errors" })).items, []);
      assert.equal(
        await refused("af_context_get", { context_id: "guide", source_id: "style" }),
        "404 source_not_found",
      );
      assert.equal(
        (await at.call("PUT", "/contexts/guide", { token: job.jobToken, body: { title: "x" } })).status,
        403,
      );
    });

    await t.step("built-in issues", async () => {
      const { issue } = await use("af_issues", {
        action: "create",
        title: "Found a fault",
        body: "b",
        labels: ["bug"],
      });
      assert.equal(issue.author, `job:${job.id}`);
      await use("af_issues", { action: "comment", ref: issue.ref, body: "more" });
      const got = await use("af_issues", { action: "get", ref: issue.ref });
      assert.deepEqual(got.issue.comments.map(({ body }: { body: string }) => body), ["more"]);
      await use("af_issues", { action: "update", ref: issue.ref, patch: { state: "closed" } });
      assert.equal((await at.must(200, "GET", "/issues?state=closed")).issues.length, 1);
      const stranger = { ...issue.ref, project: "o/other" };
      assert.equal(await refused("af_issues", { action: "get", ref: stranger }), "403 project_not_yours");
    });

    await t.step("GitHub's issues, of the project's repository alone", async () => {
      const listed = await use("af_issues", { action: "search", tracker: "github" });
      assert.deepEqual(listed.issues.map(({ title }: { title: string }) => title), ["Login fails"]);
      const searched = await use("af_issues", {
        action: "search",
        tracker: "github",
        text: 'login repo:evil/x "',
      });
      assert.deepEqual(searched.issues, []);
      assert.match(services.calls.at(-1)!, /"login" "repo" "evil" "x" repo:acme\/widgets is:issue/);
      const { issue } = await use("af_issues", {
        ...{ action: "create", tracker: "github" },
        title: "New",
        body: "b",
      });
      const { ref } = issue;
      assert.deepEqual(ref, { tracker: "github", project: "acme/widgets", key: "3" });
      await use("af_issues", { action: "comment", ref, body: "hello" });
      const changed = await use("af_issues", {
        action: "update",
        ref,
        patch: { state: "closed", title: "Newer" },
      });
      assert.deepEqual([changed.issue.state, changed.issue.title], ["closed", "Newer"]);
      const got = await use("af_issues", { action: "get", ref });
      assert.deepEqual(got.issue.comments[0].body, "hello");
      for (const key of ["2", "99", "../../x"]) {
        assert.equal(
          await refused("af_issues", { action: "get", ref: { ...ref, key } }),
          "404 issue_not_found",
        );
      }
      assert.equal(
        await refused("af_issues", { action: "search", tracker: "jira" }),
        "404 tracker_not_found",
      );
    });

    await t.step("CI: runs, and a run with its jobs", async () => {
      const { runs } = await use("af_ci_status", { action: "list", pr: 2 });
      assert.deepEqual([runs[0].id, runs[0].status, runs[0].ref], ["77", "failed", "main"]);
      assert.deepEqual((await use("af_ci_status", { action: "list", sha: "b".repeat(40) })).runs, []);
      const { run } = await use("af_ci_status", { action: "run", run_id: "77" });
      assert.deepEqual(run.jobs.map(({ status }: { status: string }) => status), ["failed", "skipped"]);
      assert.equal(await refused("af_ci_status", { action: "run", run_id: "78" }), "404 ci_run_not_found");
    });

    await t.step("the web: found and fetched as data of strangers, nothing inward", async () => {
      const found = await use("af_web_search", {
        action: "search",
        query: "deno",
        site: "docs.example.org",
        recency: "week",
      });
      assert.deepEqual([found.trust, found.results[0].title, found.results[0].snippet], [
        ...["untrusted", "Deno docs", 'About "deno".'],
      ]);
      assert.match(services.calls.at(-1)!, /q=deno site:docs\.example\.org.*freshness=pw/);
      const page = await use("af_web_search", { action: "fetch", url: `${services.url}/page` });
      assert.deepEqual([page.trust, page.title, page.text], ["untrusted", "A page", "Hello"]);
      const fetched = (url: string) => refused("af_web_search", { action: "fetch", url });
      assert.equal(await fetched("https://evil.example.com/"), "403 page_refused");
      assert.equal(await fetched("http://10.0.0.1/"), "403 page_refused");
      assert.equal(await fetched(`${services.url}/image`), "415 page_not_text");
      assert.equal(await fetched(`${services.url}/none`), "502 provider_failed");
    });

    await t.step("what an agent did is kept once and read in pages", async () => {
      const path = `/runs/${job.runId}/jobs/${job.id}/events`;
      const event = (sequence: number) => ({
        sequence,
        atMs: 1_000 + sequence,
        type: "text",
        payload: { n: sequence },
      });
      const send = (...events: number[]) =>
        at.must(200, "POST", path, { token: runner.token, body: { events: events.map(event) } });
      assert.equal((await send(0, 1, 2)).nextSequence, 3);
      assert.equal((await send(1, 2, 3)).nextSequence, 4);
      assert.equal((await send(0)).nextSequence, 4);
      const first = await at.must(200, "GET", `/tasks/${taskId}/events?limit=3`);
      const rest = await at.must(200, "GET", `/tasks/${taskId}/events?cursor=${first.nextCursor}`);
      const all = [...first.events, ...rest.events].map(({ payload }: { payload: { n: number } }) =>
        payload.n
      );
      assert.deepEqual([all, rest.nextCursor], [[0, 1, 2, 3], null]);
    });

    await t.step(
      "a command waits for its runner, comes with its heartbeats, and ends by its word",
      async () => {
        const run = `/runs/${job.runId}`;
        const made = await at.must(201, "POST", `${run}/messages`, {
          body: { text: "Stop that.", interrupt: true },
        });
        assert.equal(made.state, "queued");
        const beat = () =>
          at.must(200, "PATCH", `/runners/${runner.id}`, {
            ...{ token: runner.token, body: { jobResult: "in_progress", runId: job.runId } },
          });
        const [command] = (await beat()).agentCommands;
        assert.deepEqual(command, {
          ...{ runId: job.runId, commandId: made.id, kind: "message", text: "Stop that.", interrupt: true },
        });
        await plane.evict("JOB_QUEUE", at.queueName);
        assert.equal((await beat()).agentCommands.length, 1, "until it is settled");
        const settle = (outcome: string) =>
          at.must(200, "POST", `${run}/commands/${made.id}`, { token: runner.token, body: { outcome } });
        await settle("confirmed");
        await settle("failed");
        assert.equal((await beat()).agentCommands, undefined);
        await at.must(201, "POST", `${run}/interrupt`);
        await at.must(201, "POST", `${run}/keys`, { body: { keys: ["Escape", "C-c"] } });
        await at.must(200, "PATCH", `/runners/${runner.id}`, {
          token: runner.token,
          body: { jobResult: "success" },
        });
        const { messages } = await at.must(200, "GET", `${run}/messages`);
        assert.deepEqual(
          messages.map(({ kind, state, outcome }: Record<string, string>) => [kind, state, outcome]),
          [
            ["message", "done", "confirmed"],
            ["interrupt", "done", "expired"],
            ["keys", "done", "expired"],
          ],
        );
        const late = await at.call("POST", `${run}/messages`, { body: { text: "x" } });
        assert.equal(late.json.error.code, "run_not_active");
        assert.equal(
          (await call("af_issues", { action: "search" })).status,
          401,
          "the token died with the run",
        );
      },
    );

    await t.step("the next run reads what there is by now", async () => {
      const next = (await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} })).jobs[0];
      const ask = async (tool: AgentTool, body: object) =>
        (await at.must(200, "POST", `/runs/${next.runId}/tools/${tool}`, { token: next.jobToken, body }))
          .result;
      assert.equal((await ask("af_context_search", { query: "errors" })).chunks[0].text, "Name errors.");
      assert.equal(
        (await ask("af_context_get", { context_id: "guide", source_id: "style" })).text,
        "# A\n\nName errors.",
      );
      assert.equal((await ask("af_memory_recall", { query: "error codes" })).items[0].provenance, "review");
    });

    await t.step("a project whose repository is not listed has no tracker and no CI", async () => {
      const other = plane.project();
      await other.must(200, "PUT", "", { body: { gitUrl: "https://github.com/evil/x.git" } });
      assert.equal((await other.call("GET", "/ci/runs")).json.error.code, "ci_off");
      assert.equal((await other.call("GET", "/issues?tracker=github")).json.error.code, "tracker_off");
    });
  },
});
