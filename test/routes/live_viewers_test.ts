/** What an operator of the reference tells viewers, and asks people. */
import assert from "node:assert/strict";
import { stageLive as stage } from "../fake/live_stage.ts";
import { startPlane } from "../fake/plane.ts";

const NO_TOKEN = { token: null } as const;

Deno.test({
  name: "viewers and questions of live sessions",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    await t.step("what an agent asks is answered by a person, and by nobody's silence", async () => {
      const at = await stage(plane, "s-asks");
      await at.link();
      const tell = (body: object) =>
        plane.call("POST", "/api/lives/metadata", {
          ...NO_TOKEN,
          body: { sessionId: at.sessionId, ...body },
        });
      const path = `/api/lives/sessions/${at.sessionId}`;
      const vote = async () =>
        (await plane.call("GET", `/api/lives/question-vote?sessionId=${at.sessionId}&toolUseId=t1`, NO_TOKEN))
          .json;
      const pending = async () => (await plane.call("GET", `${path}/pending-answer`, NO_TOKEN)).json;
      await tell({ subtype: "permission_request", toolName: "Bash", toolUseId: "t1", question: "Bash(rm)" });
      await tell({
        subtype: "alp_pane",
        paneQuestionId: "p1",
        question: "Theme?",
        options: ["Dark", "Light"],
      });
      assert.deepEqual([(await vote()).resolvedAnswer, await pending()], [null, {}]);

      const answer = async (token: string | null, questionId: string, word: string) =>
        (await plane.call("POST", `${path}/answers`, { token, body: { questionId, answers: [word] } }))
          .status;
      const { token: writer } = await at.at.must(201, "POST", "/tokens", {
        body: { name: "w", scopes: ["tasks:write"] },
      });
      await at.at.must(200, "PUT", "/assembly-lines/other", {
        body: { name: "O", stations: [{ id: "a", name: "A" }] },
      });
      const { token: others } = await at.at.must(201, "POST", "/tokens", {
        body: { name: "o", lineId: "other", scopes: ["tasks:read", "gates:decide"] },
      });
      assert.notEqual(await answer(others, "t1", "allow"), 200, "it is another line's");
      const { token: decider } = await at.at.must(201, "POST", "/tokens", {
        body: { name: "d", scopes: ["gates:decide"] },
      });
      for (
        const [token, status] of [[null, 401], [at.job.jobToken, 403], [at.runner.token, 403], [
          writer,
          403,
        ]] as const
      ) {
        assert.equal(await answer(token, "t1", "allow"), status, String(status));
      }
      assert.equal((await vote()).resolvedAnswer, null, "an agent answers no question of its own");
      assert.equal(await answer(decider, "t1", "deny"), 200);
      assert.equal(await answer(decider, "p1", "Light"), 200);
      assert.equal(await answer(decider, "p1", "Dark"), 409);
      await plane.evict("LIVE_SESSION", at.sessionId);
      assert.equal((await vote()).resolvedAnswer, "deny");
      assert.deepEqual([(await pending()).questionId, (await pending()).answer], ["p1", "Light"]);
      const { entries } = await at.at.must(200, "GET", `/tasks/${at.task}/timeline`);
      const details = entries.map((entry: { detail: string }) => entry.detail);
      assert.ok(details.includes("question_answered user:d"), JSON.stringify(details));
    });

    await t.step(
      "a transcript with a token is in the activity log once; a screen and a picture are taken",
      async () => {
        const at = await stage(plane, "s-sync");
        await at.link();
        const lines = [1, 2].map((second) =>
          JSON.stringify({
            type: "assistant",
            timestamp: new Date(second * 1_000).toISOString(),
            message: { content: [{ type: "text", text: `Step ${second}` }] },
          })
        );
        const sync = async (token: string | null) =>
          (await plane.call("POST", "/api/lives/sync", { token, body: { sessionId: at.sessionId, lines } }))
            .json;
        assert.deepEqual(await sync(null), { ok: true, counts: { lines: 2, kept: 0 } });
        assert.deepEqual((await sync(at.job.jobToken)).counts, { lines: 2, kept: 2 });
        assert.deepEqual((await sync(at.runner.token)).counts, { lines: 2, kept: 0 });
        const { events } = await at.at.must(200, "GET", `/tasks/${at.task}/events?cursor=0`);
        assert.deepEqual(
          events.map((event: { payload: { text: string } }) => event.payload.text),
          ["Step 1", "Step 2"],
        );
        for (
          const [path, body] of [
            ["/_relay/snapshot", { sessionId: "nobody-yet", snapshot: "$ " }],
            ["/api/lives/image-approve", { streamId: at.sessionId, imageId: "i", approved: true }],
          ] as const
        ) assert.deepEqual((await plane.call("POST", path, { ...NO_TOKEN, body })).json, { ok: true });
      },
    );

    await t.step("the reference's address of a broadcast leads to the page of its task", async () => {
      const at = await stage(plane, "s-page");
      await at.report({ status: "in_progress", sessionId: at.sessionId, broadcastId: "cast-of-page" });
      const to = async (id: string, options: { readonly token?: null } = {}) => {
        const answer = await plane.call("GET", `/live/${id}`, options);
        return [answer.status, answer.headers.get("location")];
      };
      const page = `/p/${at.at.owner}/${at.at.project}/tasks/${at.task}`;
      assert.deepEqual(await to("cast-of-page"), [302, page]);
      assert.deepEqual(await to("s-page"), [302, page]);
      assert.equal((await to("nobodys"))[0], 404);
      assert.deepEqual(await to("cast-of-page", NO_TOKEN), [303, "/signin?next=%2Flive%2Fcast-of-page"]);
    });

    await t.step("the viewers' chat opens, whoever's session it is, and says nothing", async () => {
      const plain = await plane.call("GET", "/api/lives/chat/ws?sessionId=nobody-yet", NO_TOKEN);
      assert.deepEqual([plain.status, plain.json.error.code], [426, "upgrade_required"]);
      const socket = new WebSocket(
        `${plane.url.replace(/^http/, "ws")}/api/lives/chat/ws?sessionId=nobody-yet`,
      );
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error("Cannot open the chat"));
      });
      socket.send("{}");
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
      const { __miniflare_do_name: _, ...stored } = await plane.dump("LIVE_SESSION", "nobody-yet");
      assert.deepEqual(stored, {});
    });
  },
});
