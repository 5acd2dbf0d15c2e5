import assert from "node:assert/strict";
import { assignFiles, countCases, failedFiles, SUITES } from "./test_suites.ts";

Deno.test("each kind of test file is in exactly one suite", () => {
  const expected: Record<string, string> = {
    "protocol/ids_test.ts": "pure",
    "worker/domain/queue_test.ts": "pure",
    "worker/git/pack_test.ts": "pure",
    "runner-agent/domain/backoff_test.ts": "pure",
    "runner-agent/pipeline/parse_test.ts": "pure",
    "runner-agent/container/process_container_test.ts": "process",
    "runner-agent/worktree/git_route_test.ts": "process",
    "runner-agent/sidecar/services_test.ts": "process",
    "runner-agent/job/hub_test.ts": "process",
    "runner-agent/job/gc_test.ts": "unit",
    "tools/local/processes_test.ts": "process",
    "test/history_test.ts": "process",
    "bench/queue/process_tree_test.ts": "process",
    "bench/queue/targets_test.ts": "unit",
    "runner-agent/container/podman_create_body_test.ts": "unit",
    "runner-agent/config_test.ts": "unit",
    "tools/tidy_rules_test.ts": "unit",
    "worker/store/x_test.ts": "unit",
    "worker/channels/inbound_test.ts": "unit",
    "worker/errors_test.ts": "unit",
    "test/other_test.ts": "unit",
    "test/property/queue_test.ts": "property",
    "test/objects/task_log_test.ts": "worker",
    "worker/routes/tasks_test.ts": "worker",
    "test/scenario/scenario_test.ts": "scenario",
    "test/interop/git_test.ts": "interop",
    "runner-agent/container/podman_container_test.ts": "podman",
    "test/demo/demo_test.ts": "podman",
    "test/podman/image_test.ts": "podman",
    "test/runner/kill_test.ts": "runner",
    "bench/common_test.ts": "unit",
    "tools/setup/image_test.ts": "podman",
    "test/browser/board_test.ts": "browser",
    "test/harness/real_cli_test.ts": "harness",
  };
  const { bySuite, problems } = assignFiles(Object.keys(expected));
  assert.deepEqual(problems, []);
  for (const [suite, files] of bySuite) for (const file of files) assert.equal(suite, expected[file], file);
  assert.deepEqual([...bySuite.keys()], SUITES.map((suite) => suite.name));
});

Deno.test("a test file in no suite is a problem, with what to do", () => {
  assert.match(assignFiles(["elsewhere/x_test.ts"]).problems.join(), /in no suite: add its folder/);
});

Deno.test("cases of a report are counted by outcome, whatever their names contain", () => {
  const junit = `<testsuites name="deno test" tests="4"><testsuite name="a">
    <testcase name="x > &quot;y/z&quot;" time="0.1"></testcase>
    <testcase name="empty"/>
    <testcase name="bad"><failure message="no">stack <b> </failure></testcase>
    <testcase name="later"><skipped/></testcase></testsuite></testsuites>`;
  assert.deepEqual(countCases(junit), { passed: 2, failed: 1, skipped: 1 });
  assert.deepEqual(countCases(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("the files of a report's failures are named once, whatever else the report has", () => {
  const junit = `<testsuites><testsuite name="./a/b_test.ts">
    <testcase name="bad" classname="./a/b_test.ts" line="1"><failure message="no">x</failure></testcase>
    <testcase name="bad > step" classname="./a/b_test.ts"><failure message="no">x</failure></testcase>
    <testcase name="good" classname="./a/c_test.ts"></testcase>
    <testcase name="odd" classname="elsewhere"><error/></testcase></testsuite></testsuites>`;
  assert.deepEqual(failedFiles(junit), ["a/b_test.ts"]);
  assert.deepEqual(failedFiles(""), []);
});
