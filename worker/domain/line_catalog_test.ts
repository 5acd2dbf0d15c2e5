/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { lineInput } from "../../protocol/line/line.ts";
import { isUlid } from "../../protocol/ids.ts";
import { createQueueRig, lineOf, manual, OWNER, PROJECT, station } from "../../test/fake/queue_rig.ts";
import { deleteLine, findLine, listLines, pageOfVersions, putLine } from "./line_catalog.ts";
import { putProject, requireProject } from "./project.ts";

function setUp() {
  const rig = createQueueRig();
  const put = (lineId: string | null, input: object, expectedVersion?: number) => {
    const line = lineInput.parse(input);
    const view = rig.run((draft) =>
      putLine(draft, "user:ci", { lineId: lineId as never, line, expectedVersion })
    );
    return view.ok ? view.value : view.error;
  };
  const remove = (lineId: string) => {
    const done = rig.run((draft) => deleteLine(draft, "user:ci", lineId as never));
    return done.ok ? "deleted" : done.error.reason;
  };
  return { rig, put, remove };
}
const ONE = lineOf([station("a")]);
const TWO = lineOf([station("a"), station("b")]);
const versionOf = (view: object) => (view as { version?: number }).version;

Deno.test("each put of a line makes the next version", () => {
  const { rig, put } = setUp();
  assert.equal(versionOf(put("tidy", ONE)), 1);
  assert.equal(versionOf(put("tidy", TWO)), 2);
  assert.equal(versionOf(put("tidy", TWO)), 3);
  assert.equal(versionOf(put("tidy", ONE)), 4);
  assert.equal(rig.state.lines.size, 4);
});

Deno.test("a put that expects another version than the newest changes nothing", () => {
  const { rig, put } = setUp();
  const changed = (version: number, expected: number) => ({
    reason: "line_changed",
    lineId: "tidy",
    version,
    expected,
  });
  assert.deepEqual(put("tidy", ONE, 1), changed(0, 1));
  assert.equal(versionOf(put("tidy", ONE, 0)), 1);
  assert.deepEqual(put("tidy", TWO, 0), changed(1, 0));
  assert.equal(versionOf(put("tidy", TWO, 1)), 2);
  assert.deepEqual(put("tidy", ONE, 1), changed(2, 1));
  assert.equal(rig.state.lines.size, 2);
});

Deno.test("versions are listed newest first in pages, wherever they are, also while new ones are put", () => {
  const { rig, put } = setUp();
  const lost = lineOf([station("a"), manual("lost")], [{ from: "a", to: "a", condition: "any" }]);
  for (let n = 0; n < 7; n++) put("tidy", n % 2 === 0 ? ONE : lost);
  const page = (limit: number, cursor?: string) => {
    const found = pageOfVersions(rig.state, { lineId: "tidy", limit, cursor });
    assert.ok(found.ok);
    const { rows, nextCursor } = found.value;
    return [rows.map((row) => row.version), nextCursor];
  };
  assert.deepEqual(page(50), [[7, 6, 5, 4, 3, 2, 1], null]);
  assert.deepEqual(page(7), [[7, 6, 5, 4, 3, 2, 1], null]);
  assert.deepEqual(page(3), [[7, 6, 5], "5"]);
  put("tidy", ONE);
  assert.deepEqual(page(3, "5"), [[4, 3, 2], "2"]);
  assert.deepEqual(page(3, "2"), [[1], null]);
  assert.deepEqual(page(3, "1"), [[], null]);
  assert.deepEqual(page(1, "999999999999999"), [[8], "8"]);
  const found = pageOfVersions(rig.state, { lineId: "tidy", limit: 1, cursor: "3" });
  assert.deepEqual(found.ok && found.value.rows, [{
    id: "tidy",
    version: 2,
    owner: OWNER,
    project: PROJECT,
    name: "A line",
    createdAtMs: rig.nowMs(),
    warnings: ["No path from the first station reaches station 'lost'"],
  }]);
  assert.equal(pageOfVersions(rig.state, { lineId: "other", limit: 1 }).ok, false);
});

Deno.test("a line without an id gets a new one each time it is put", () => {
  const { put } = setUp();
  const ids = [put(null, ONE), put(null, ONE)].map((view) => (view as { id: string }).id);
  assert.ok(ids.every(isUlid));
  assert.notEqual(ids[0], ids[1]);
});

Deno.test("a line may carry its own id, owner and project, if they are those of the path", () => {
  const { put } = setUp();
  assert.equal((put(null, { ...ONE, id: "tidy" }) as { id: string }).id, "tidy");
  assert.equal(versionOf(put("tidy", { ...TWO, id: "tidy", owner: OWNER, project: PROJECT })), 2);
  for (const wrong of [{ id: "other" }, { owner: "other" }, { project: "other" }]) {
    assert.equal((put("tidy", { ...ONE, ...wrong }) as { reason: string }).reason, "line_id_mismatch");
  }
});

Deno.test("a deleted line takes no tasks and is listed no more; put again it goes on counting", () => {
  const { rig, put, remove } = setUp();
  put("tidy", ONE);
  const task = rig.submit("tidy");
  assert.equal(remove("tidy"), "deleted");
  assert.equal(remove("tidy"), "not_found");
  assert.deepEqual(listLines(rig.state), []);
  assert.equal(findLine(rig.state, "tidy").ok, false);
  assert.equal(rig.take(rig.runner("r1")).run.taskId, task.id);
  assert.equal(versionOf(put("tidy", ONE)), 2);
  assert.ok(findLine(rig.state, "tidy").ok);
});

Deno.test("lines are listed by id, each in its newest version, with a warning for stations that nothing reaches", () => {
  const { rig, put } = setUp();
  put("b", ONE);
  put("a", TWO);
  put(
    "b",
    lineOf([station("a"), station("b"), manual("lost")], [{ from: "b", to: "a", condition: "success" }]),
  );
  assert.deepEqual(listLines(rig.state).map((line) => [line.id, line.version, line.warnings]), [
    ["a", 1, []],
    ["b", 2, ["No path from the first station reaches station 'lost'"]],
  ]);
});

Deno.test("a project exists from the first thing that is put into it, and keeps that time", () => {
  const { rig, put } = setUp();
  assert.equal(requireProject(rig.state.settings).ok, false);
  const createdAtMs = rig.nowMs();
  put("tidy", ONE);
  rig.advance(1_000);
  rig.must((draft) => putProject(draft, "user:ci", { gitUrl: "https://git.test/x.git", gitBranch: null }));
  rig.runner("r1");
  assert.deepEqual(rig.state.settings, {
    owner: OWNER,
    project: PROJECT,
    gitUrl: "https://git.test/x.git",
    gitBranch: null,
    createdAtMs,
  });
});
