/** The board without a history, and pages that have not changed. */
import assert from "node:assert/strict";
import { startPlane } from "../fake/plane.ts";

const station = (id: string) => ({ id, name: id, trigger: { type: "dispatch_worker" } });

Deno.test({
  name: "the board without a history",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const at = plane.project();
    const board = `/p/${at.owner}/${at.project}`;
    await at.must(200, "PUT", "/assembly-lines/tidy", {
      body: {
        name: "Tidy",
        stations: [station("format"), station("check")],
        transitionRules: [{ fromStationId: "format", toStationId: "check", condition: "success" }],
      },
    });
    const runner = await at.register("r1");
    const submit = (title: string, labels: readonly string[] = []) =>
      at.must(201, "POST", "/assembly-lines/tidy/tasks", { body: { title, labels } });
    const first = await submit("First");
    await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} });
    await at.must(200, "PATCH", `/runners/${runner.id}`, {
      token: runner.token,
      body: { jobResult: "success" },
    });
    await submit("Second", ["odd"]);
    const titles = async (query = "") => {
      const { status, text } = await plane.call("GET", board + query);
      assert.equal(status, 200);
      return [...text.matchAll(/id="task-[^>]*>([^<]*)</g)].map(([, title]) => title);
    };

    await t.step("a project's board shows what its queue holds, and filters it", async () => {
      assert.deepEqual(await titles(), ["Second", "First"]);
      assert.deepEqual(await titles("?station=check"), ["First"]);
      assert.deepEqual(await titles("?label=odd"), ["Second"]);
      assert.deepEqual(await titles("?state=working"), []);
      assert.match((await plane.call("GET", board)).text, /runs without a history/);
    });

    await t.step("the board of all projects says where to look", async () => {
      const { text } = await plane.call("GET", "/");
      assert.match(text, /The board of one project shows what is under way there/);
      const chosen = await plane.call("GET", `/?project=${at.owner}%2F${at.project}&q=x`);
      assert.deepEqual([chosen.status, chosen.headers.get("location")], [303, `${board}?q=x`]);
    });

    await t.step("a project that nobody made is an empty one, and an impossible name is none", async () => {
      assert.match((await plane.call("GET", "/p/nobody/nothing")).text, /No tasks yet/);
      assert.equal((await plane.call("GET", "/p/-x/nothing")).status, 404);
    });

    await t.step(
      "a page that says the same is answered with 304 to who has it, and to nobody else",
      async () => {
        const path = `${board}/tasks/${first.id}/files`;
        const seen = await plane.call("GET", path);
        const tag = seen.headers.get("etag")!;
        assert.equal(seen.headers.get("cache-control"), "no-store");
        const again = await plane.call("GET", path, { headers: { "if-none-match": tag } });
        assert.deepEqual([again.status, again.text], [304, ""]);
        const stranger = await plane.call("GET", path, { token: null, headers: { "if-none-match": tag } });
        assert.equal(stranger.status, 303);
        const other = await plane.call("GET", board, { headers: { "if-none-match": tag } });
        assert.equal(other.status, 200);
      },
    );
  },
});
