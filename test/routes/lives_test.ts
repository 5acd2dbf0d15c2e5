/** Live sessions as the reference's operator and runner speak of them: no path names a project, few calls have a token. */
import assert from "node:assert/strict";
import { OUTPUT_READER_WATCHES_MS } from "../../worker/limits.ts";
import { stageLive as stage } from "../fake/live_stage.ts";
import { startPlane } from "../fake/plane.ts";
import { until } from "../worker/until.ts";

const NO_TOKEN = { token: null } as const;

const METADATA = { type: "metadata", subtype: "prompt", prompt: "Do it.", timestamp: 1 };

Deno.test({
  name: "live sessions over HTTP",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    await t.step("before its runner links it a session is nobody's, and nothing is kept of it", async () => {
      const start = { event: "start", streamId: "nobody-yet" };
      const started = await plane.call("POST", "/api/lives/session-event", { ...NO_TOKEN, body: start });
      assert.deepEqual([started.status, started.json.ok, started.json.startedAt], [200, true, null]);
      for (
        const [method, path, body] of [
          ["POST", "/api/lives/session-event", { sessionId: "nobody-yet", event: "end" }],
          ["POST", "/api/lives/metadata", { sessionId: "nobody-yet", ...METADATA }],
          ["GET", "/api/lives/activity?streamId=nobody-yet", undefined],
          ["GET", "/api/lives/sessions/nobody-yet/pending-answer", undefined],
        ] as const
      ) {
        const answer = await plane.call(method, path, {
          ...NO_TOKEN,
          ...(body === undefined ? {} : { body }),
        });
        assert.deepEqual([answer.status, answer.json.error.code], [404, "session_not_found"], path);
      }
      const { __miniflare_do_name: _, ...stored } = await plane.dump("LIVE_SESSION", "nobody-yet");
      assert.deepEqual(stored, {});
      const config = await plane.call("GET", "/api/lives/auth-config", NO_TOKEN);
      assert.equal(config.json.authRequired, false);
    });

    await t.step(
      "what the operator said of the end goes before its runner's success, in both reports",
      async () => {
        for (
          const [id, end, status, said] of [
            ["s-failed", { conclusion: "failure", message: "tests are red" }, "failed", "tests are red"],
            ["s-push", { conclusion: "success", gitPushError: "rejected" }, "failed", "rejected"],
            ["s-idle", { conclusion: "idle_timeout" }, "failed", "idle_timeout"],
            ["s-fine", { conclusion: "success", message: "all done" }, "completed", null],
          ] as const
        ) {
          const at = await stage(plane, id);
          await at.link();
          assert.equal((await at.event({ event: "end", ...end, jobId: at.job.id })).status, 200);
          // The relay's own end, when the last pane is gone, takes nothing back.
          assert.equal((await at.event({ event: "end" })).status, 200);
          await at.report({ status: "completed", conclusion: "success" });
          await at.at.must(200, "PATCH", `/runners/${at.runner.id}`, {
            ...at.as,
            body: { jobResult: "success", error: null },
          });
          await at.report({ status: "completed", conclusion: "success" });
          const task = await at.read();
          assert.equal(task.status, status, id);
          if (said !== null) assert.match(task.rejectionReason, new RegExp(said));
          else assert.equal(task.history[0].summary, "all done");
          const late = await at.event({ event: "end", conclusion: "failure" });
          assert.deepEqual(
            [late.status, (await at.read()).status],
            [200, status],
            "a finished run never moves",
          );
        }
      },
    );

    await t.step("a failure of the runner stays one, whatever its operator said", async () => {
      const at = await stage(plane, "s-worse");
      await at.report({ status: "in_progress", sessionId: at.sessionId, broadcastId: "b" });
      await at.event({ event: "end", conclusion: "success" });
      await at.report({ status: "completed", conclusion: "failure", completionReason: "no disk" });
      assert.equal((await at.read()).status, "failed");
    });

    await t.step("asking for activity keeps a runner's lease; the agent's own signs do not", async () => {
      const at = await stage(plane, "s-active");
      await at.link();
      const activity = (token: string | null) =>
        plane.call("GET", `/api/lives/activity?streamId=${at.sessionId}&idleThresholdMs=60000`, { token });
      const metadata = (subtype: string) =>
        plane.call("POST", "/api/lives/metadata", {
          ...NO_TOKEN,
          body: { ...METADATA, subtype, sessionId: at.sessionId },
        });
      for (let n = 0; n < 4; n++) {
        await at.at.advance(60_000);
        assert.equal((await metadata("tool_use")).status, 200);
        await plane.rpc("LIVE_SESSION", at.sessionId, "advanceClock", 15_000);
        const { json } = await activity(at.runner.token);
        assert.deepEqual([json.isActive, json.activeSubagentCount], [true, 0]);
      }
      assert.equal((await at.read()).status, "in_progress");
      await plane.rpc("LIVE_SESSION", at.sessionId, "advanceClock", 61_000);
      assert.equal((await activity(null)).json.isActive, false);
      await metadata("subagent_start");
      await plane.rpc("LIVE_SESSION", at.sessionId, "advanceClock", 120_000);
      const patient = (await activity(null)).json;
      assert.deepEqual([patient.isActive, patient.activeSubagentCount], [true, 1]);
      assert.ok(patient.idleSinceMs >= 120_000, String(patient.idleSinceMs));

      await plane.evict("LIVE_SESSION", at.sessionId);
      assert.equal((await activity(null)).json.activeSubagentCount, 1);
      for (let n = 0; n < 3; n++) {
        await at.at.advance(60_000);
        await metadata("tool_use");
      }
      assert.equal((await at.read()).status, "queued", "a runner that says nothing has lost its run");
    });

    await t.step("a token that comes must be the run's runner's, its job's, or a user's", async () => {
      const at = await stage(plane, "s-token");
      await at.link();
      const other = await at.at.register("bob");
      const stranger = await stage(plane, "s-other");
      const body = { sessionId: at.sessionId, ...METADATA };
      const ask = async (token: string | null, method = "POST", path = "/api/lives/metadata") =>
        (await plane.call(method, path, { token, ...(method === "GET" ? {} : { body }) })).status;
      const { token: reader } = await at.at.must(201, "POST", "/tokens", {
        body: { name: "r", scopes: ["tasks:read"] },
      });
      assert.deepEqual(
        [await ask(at.runner.token), await ask(at.job.jobToken), await ask(null), await ask(other.token)],
        [200, 200, 200, 403],
      );
      assert.deepEqual([
        await ask(stranger.runner.token),
        await ask(stranger.job.jobToken),
        await ask(reader),
      ], [403, 403, 403]);
      const path = `/api/lives/sessions/${at.sessionId}`;
      assert.deepEqual([await ask(null, "PATCH", path), await ask(at.runner.token, "PATCH", path)], [
        401,
        200,
      ]);
      const taken = await stranger.at.call("POST", `/assembly-lines/line/tasks/${stranger.task}/streams`, {
        ...stranger.as,
        body: { sessionId: at.sessionId },
      });
      assert.equal(taken.status, 200);
      assert.equal(await ask(stranger.runner.token), 403, "it stays whose it was");
    });

    await t.step("an operator goes on with the session of its agent", async () => {
      const at = await stage(plane, "s-resume");
      await at.link();
      const body = {
        sessionId: at.sessionId,
        subtype: "session_start",
        claudeSessionId: "c-1",
        workspace: "/w",
      };
      await plane.call("POST", "/api/lives/metadata", { ...NO_TOKEN, body });
      const prompts = { taskPrompt: "Do.", systemPrompt: null };
      const path = `/api/lives/sessions/${at.sessionId}`;
      assert.equal((await plane.call("PATCH", path, { ...at.as, body: prompts })).status, 200);
      await plane.evict("LIVE_SESSION", at.sessionId);
      const { json } = await at.event({ event: "start" });
      assert.deepEqual([json.claudeSessionId, json.workspace, json.project], ["c-1", "/w", at.at.project]);
      const restored = await plane.call("GET", `/api/lives/restore?streamId=${at.sessionId}`, NO_TOKEN);
      assert.equal(restored.json.claudeSessionId, "c-1");
      const seen = await plane.call("GET", path, at.as);
      assert.deepEqual([seen.json.taskPrompt, seen.json.taskId], ["Do.", at.task]);
      const { entries } = await at.at.must(200, "GET", `/tasks/${at.task}/timeline`);
      assert.ok(
        entries.some((e: { kind: string; detail: string }) =>
          e.kind === "agent_event" && e.detail === "session_start"
        ),
      );
    });

    await t.step(
      "a job that is tried again goes on with its agent's session, on the same channel",
      async () => {
        const at = await stage(plane, "s-again");
        const claim = async () =>
          (await at.at.must(200, "POST", "/runners/jobs", { ...at.as, body: {} })).jobs[0];
        await at.report({ status: "in_progress", sessionId: at.sessionId, broadcastId: "b-9" });
        const told = { sessionId: at.sessionId, subtype: "session_start", claudeSessionId: "c-9" };
        await plane.call("POST", "/api/lives/metadata", { ...NO_TOKEN, body: told });
        await at.event({ event: "end", conclusion: "failure" });
        await at.report({ status: "completed", conclusion: "success" });
        await at.at.must(200, "POST", `/tasks/${at.task}/retry`, { body: {} });
        const { agentDefinition: again } = await claim();
        const { broadcastId, resumeSessionId, resumeBroadcastId } = again;
        assert.deepEqual([broadcastId, resumeSessionId, resumeBroadcastId], ["b-9", "c-9", "b-9"]);
        assert.equal("resumeSessionId" in at.job.agentDefinition, false);
      },
    );

    await t.step("a broadcaster's terminal is the task's output, and ends with its run", async () => {
      const at = await stage(plane, "s-tv");
      const query = new URLSearchParams({
        sessionId: at.sessionId,
        broadcastId: "b-1",
        paneId: "main",
        owner: at.at.owner,
        project: at.at.project,
        token: at.job.jobToken,
      });
      const address = (change: Record<string, string>) => {
        const all = new URLSearchParams([...query, ...Object.entries(change)]);
        for (const [name, value] of Object.entries(change)) all.set(name, value);
        return `/api/lives/broadcast/ws?${all}`;
      };
      const upgrade = { headers: { upgrade: "websocket" }, token: null };
      for (
        const change of [{ token: "sf_nothing" }, { owner: "else" }, { project: "a b" }] as Record<
          string,
          string
        >[]
      ) {
        assert.ok([401, 403, 404].includes((await plane.call("GET", address(change), upgrade)).status));
      }
      const socket = new WebSocket(plane.url.replace("http", "ws") + address({}));
      socket.binaryType = "arraybuffer";
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      const frame = (text: string) => new TextEncoder().encode(`0${text}`);
      socket.send(JSON.stringify({ columns: 80, rows: 24 }));
      socket.send("no JSON");
      socket.send(frame("hello "));
      socket.send(frame("\x1b[1mworld\x1b[0m\n"));
      socket.send(JSON.stringify({ type: "metadata", subtype: "session_start", claudeSessionId: "c-2" }));
      const text = () => at.at.call("GET", `/tasks/${at.task}/log`).then((answer) => answer.text);
      await until("the output is there", async () => (await text()).endsWith("\n") || null);
      assert.equal(await text(), "hello \x1b[1mworld\x1b[0m\n");
      await until(
        "and the metadata",
        async () => (await at.event({ event: "start" })).json.claudeSessionId === "c-2" || null,
      );
      const { streams } = await at.read();
      assert.deepEqual(streams.map((s: { broadcastId: string }) => s.broadcastId), ["b-1"]);
      await plane.evict("LIVE_SESSION", at.sessionId);
      socket.send(frame("and on\n"));
      await until(
        "output goes on behind an eviction",
        async () => (await text()).endsWith("and on\n") || null,
      );
      const closed = new Promise<number>((resolve) => socket.onclose = (event) => resolve(event.code));
      await at.report({ status: "completed", conclusion: "success" });
      await plane.rpc("LIVE_SESSION", at.sessionId, "advanceClock", OUTPUT_READER_WATCHES_MS);
      socket.send(frame("late"));
      assert.equal(await closed, 4000);
    });

    await t.step("files of a session are kept for who may write its task, and go with it", async () => {
      const at = await stage(plane, "s-files");
      await at.link();
      const path = `/api/lives/sessions/${at.sessionId}/workspace-archive`;
      const zip = new Uint8Array([0x50, 0x4b, 3, 4, 5]);
      const own = { token: at.job.jobToken as string };
      const put = (token: string | null, body: Uint8Array) => plane.call("PUT", path, { token, body });
      assert.deepEqual([(await put(null, zip)).status, (await put(own.token, new Uint8Array([1]))).status], [
        401,
        400,
      ]);
      assert.equal((await put(own.token, zip)).status, 200);
      assert.equal((await plane.call("GET", path, at.as)).text, new TextDecoder().decode(zip));
      const upload = `/api/lives/media/upload?sessionId=${at.sessionId}&mimeType=image/png&fileName=a.png`;
      const { json: media } = await plane.call("POST", upload, { ...own, body: zip });
      const place = new URL(media.url).pathname;
      const shown = await plane.call("GET", place, at.as);
      assert.deepEqual([shown.status, shown.headers.get("content-type")], [200, "application/octet-stream"]);
      assert.equal((await plane.call("GET", place, NO_TOKEN)).status, 401);
      await plane.rpc("LIVE_SESSION", at.sessionId, "advanceClock", 31 * 24 * 3_600_000);
      assert.equal((await plane.call("GET", place, at.as)).json.error.code, "session_not_found");
      await at.link();
      assert.equal((await plane.call("GET", place, at.as)).json.error.code, "file_not_found");
    });
  },
});
