/** Chats with running jobs (Line 4.5): an operator's channel and a runner's, spoken as their programs do. */
import assert from "node:assert/strict";
import { startPlane, type TestPlane } from "../fake/plane.ts";
import { until } from "../worker/until.ts";
import { putLine, station, submit, take } from "../worker/work_fixture.ts";

async function stage(plane: TestPlane, trigger: object = {}) {
  const at = plane.project();
  await putLine(at, { name: "L", stations: [station("make", trigger)] });
  const runner = await at.register("ada");
  const taskId = await submit(at);
  const job = await take(at, runner);
  const say = (text: string) => at.must(201, "POST", `/runs/${job.runId}/messages`, { body: { text } });
  const messages = async (): Promise<{ text: string; state: string }[]> =>
    (await at.must(200, "GET", `/runs/${job.runId}/messages`)).messages;
  const timeline = async (): Promise<{ kind: string; detail: string }[]> =>
    (await at.must(200, "GET", `/tasks/${taskId}/timeline`)).entries;
  return { at, runner, taskId, job, say, messages, timeline, name: `${at.queueName}/${job.id}` };
}

/** The other end of a channel: frames in the order in which they came. */
async function open(plane: TestPlane, jobId: string, token: string) {
  const url = new URL("/api/lives/chat/channel/ws", plane.url.replace(/^http/, "ws"));
  url.search = new URLSearchParams({ jobId, token }).toString();
  const socket = new WebSocket(url);
  // deno-lint-ignore no-explicit-any -- tests reach into frames of every shape
  const frames: any[] = [];
  const waiting: { readonly n: number; readonly come: () => void }[] = [];
  const isClosed = Promise.withResolvers<number>();
  socket.onmessage = ({ data }) => {
    frames.push(JSON.parse(data));
    for (const { n, come } of waiting) if (n < frames.length) come();
  };
  socket.onclose = ({ code }) => isClosed.resolve(code);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the channel did not open"));
  });
  socket.onerror = null;
  const frame = async (n: number) => {
    if (n >= frames.length) await new Promise<void>((come) => waiting.push({ n, come }));
    return frames[n];
  };
  const closed = () => isClosed.promise;
  return { socket, frames, frame, closed, send: (value: unknown) => socket.send(JSON.stringify(value)) };
}

Deno.test({
  name: "chat channels",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    await t.step("what people say comes to the operator in order, also what was said before", async () => {
      const one = await stage(plane);
      await one.say("first");
      await one.say("second");
      const channel = await open(plane, one.job.id, one.job.jobToken!);
      await channel.frame(1);
      await one.say("third");
      await channel.frame(2);
      assert.deepEqual(
        channel.frames,
        ["first", "second", "third"].map((text) => ({ type: "chat.message", jobId: one.job.id, text })),
      );
      await until("all must be done", async () => {
        const said = await one.messages();
        return said.length === 3 && said.every(({ state }) => state === "done") ? true : null;
      });
      channel.socket.close();
    });

    await t.step(
      "after a drop or a sleep the next channel gets what was not said, and nothing twice",
      async () => {
        const one = await stage(plane);
        const before = await open(plane, one.job.id, one.runner.token);
        await one.say("heard");
        await before.frame(0);
        await plane.evict("CHAT_CHANNEL", one.name);
        await one.say("after the sleep");
        assert.equal((await before.frame(1)).text, "after the sleep");
        await until(
          "both must be done",
          async () => (await one.messages()).every(({ state }) => state === "done") ? true : null,
        );
        before.socket.close();
        await before.closed();
        await one.say("while away");
        const after = await open(plane, one.job.id, one.runner.token);
        assert.equal((await after.frame(0)).text, "while away");
        const third = await open(plane, one.job.id, one.runner.token);
        assert.equal(await after.closed(), 4000, "a job has one channel");
        await one.say("to the newest");
        assert.equal((await third.frame(0)).text, "to the newest");
        assert.equal(after.frames.length, 1);
        third.socket.close();
      },
    );

    await t.step("what nobody was there to hear in its time is expired, and told to nobody", async () => {
      const one = await stage(plane);
      await one.at.must(201, "POST", `/runs/${one.job.runId}/messages`, {
        body: { text: "late", expiresInS: 2 },
      });
      await one.say("later");
      await one.at.advance(2_000);
      const channel = await open(plane, one.job.id, one.job.jobToken!);
      assert.equal((await channel.frame(0)).text, "later");
      await until("both must be over", async () => {
        const said = await one.messages();
        return said.map(({ state }) => state).join() === "done,done" ? said : null;
      });
      const outcomes = (await one.messages() as unknown as { outcome: string }[]).map(({ outcome }) =>
        outcome
      );
      assert.deepEqual(outcomes, ["expired", "done"]);
      channel.socket.close();
    });

    await t.step("what the agent replies is on the timeline; other frames are let be", async () => {
      const one = await stage(plane);
      const channel = await open(plane, one.job.id, one.job.jobToken!);
      channel.socket.send("no json");
      channel.send({ type: "chat.unknown" });
      channel.send({ type: "chat.reply", jobId: one.job.id, text: "Shall I go on?" });
      channel.send({ type: "chat.reply", text: "x".repeat(5_000) });
      const replies = await until("both replies must be there", async () => {
        const lines = (await one.timeline()).filter(({ kind }) => kind === "chat_reply");
        return lines.length === 2 ? lines : null;
      });
      assert.equal(replies[0]!.detail, "Shall I go on?");
      assert.equal(replies[1]!.detail.length, 2_001, "a long one is cut");
      channel.send({ type: "chat.end", reason: "done" });
      assert.equal(await channel.closed(), 1000);
    });

    await t.step("the chat is ended when its run is, and when somebody ends it", async () => {
      const one = await stage(plane);
      const channel = await open(plane, one.job.id, one.job.jobToken!);
      assert.deepEqual(await one.at.must(200, "DELETE", `/jobs/${one.job.id}/chat`), { wasOpen: true });
      assert.equal((await channel.frame(0)).type, "chat.end");
      await channel.closed();
      assert.deepEqual(await one.at.must(200, "DELETE", `/jobs/${one.job.id}/chat`), { wasOpen: false });
      const again = await open(plane, one.job.id, one.job.jobToken!);
      await one.at.must(200, "PATCH", `/runners/${one.runner.id}`, {
        token: one.runner.token,
        body: { jobResult: "success", exitCode: 0 },
      });
      await plane.rpc("CHAT_CHANNEL", one.name, "advanceClock", 30_000);
      assert.match((await again.frame(0)).reason, /over/);
      assert.equal(await again.closed(), 1000);
      await plane.rpc("CHAT_CHANNEL", one.name, "advanceClock", 30_000);
    });

    await t.step("who may not open a channel is refused before there is a socket", async () => {
      const one = await stage(plane);
      const other = await one.at.register("bob");
      const stranger = await stage(plane);
      const { token: user } = await one.at.must(201, "POST", "/tokens", { body: { name: "u" } });
      const rows: [string, string | null, string, number, string][] = [
        ["no token", null, one.job.id, 401, "unauthenticated"],
        ["garbage", "x", one.job.id, 401, "unauthenticated"],
        ["a user", user, one.job.id, 403, "wrong_token_kind"],
        ["another runner", other.token, one.job.id, 403, "not_your_runner"],
        ["a job of another project", one.job.jobToken!, stranger.job.id, 404, "job_not_found"],
        ["no upgrade", one.job.jobToken!, one.job.id, 426, "upgrade_required"],
      ];
      for (const [what, token, jobId, status, code] of rows) {
        const query = new URLSearchParams({ jobId, ...(token === null ? {} : { token }) });
        const answer = await plane.call("GET", `/api/lives/chat/channel/ws?${query}`, { token: null });
        assert.deepEqual([answer.status, answer.json.error.code], [status, code], what);
      }
      await submit(one.at);
      const queued = (await one.at.must(200, "GET", "/jobs?status=queued")).jobs[0].id;
      const early = await plane.call("GET", `/api/lives/chat/channel/ws?jobId=${queued}`, {
        token: other.token,
      });
      assert.deepEqual([early.status, early.json.error.code], [409, "job_not_held"]);
    });

    await t.step("a model that a job serves is asked for completions, whole and as a stream", async () => {
      const one = await stage(plane, { needs: ["chat-llm:v1"] });
      assert.equal(one.job.agentDefinition.jobType, "chat_llm");
      const path = `/jobs/${one.job.id}/chat`;
      const ask = (body: object) => one.at.call("POST", `${path}/completions`, { body });
      const none = await ask({});
      assert.deepEqual([none.status, none.json.error.code], [409, "channel_not_open"]);
      await one.say("stays where it is");
      const channel = await open(plane, one.job.id, one.runner.token);

      const models = one.at.must(200, "GET", `${path}/models`);
      assert.equal((await channel.frame(0)).type, "chat.models.request");
      channel.send({ type: "chat.models.response", models: ["small", "large"] });
      assert.deepEqual(await models, { models: ["small", "large"] });

      const whole = ask({ model: "small", messages: [] });
      const { requestId, body } = await channel.frame(1);
      assert.deepEqual(body, { model: "small", messages: [] });
      channel.send({ type: "chat.completion.chunk", requestId: "of-nobody", chunk: "no" });
      channel.send({ type: "chat.completion.chunk", requestId, chunk: { n: 1 } });
      channel.send({ type: "chat.completion.chunk", requestId, chunk: { n: 2 } });
      channel.send({ type: "chat.completion.done", requestId, usage: { total: 3 } });
      assert.deepEqual((await whole).json, {
        requestId,
        chunks: [{ n: 1 }, { n: 2 }],
        done: { usage: { total: 3 } },
      });

      const stream = ask({ stream: true });
      const second = (await channel.frame(2)).requestId;
      channel.send({ type: "chat.completion.chunk", requestId: second, chunk: { n: 1 } });
      channel.send({ type: "chat.completion.done", requestId: second });
      assert.equal((await stream).text, 'data: {"n":1}\n\ndata: [DONE]\n\n');
      assert.match((await stream).headers.get("content-type")!, /^text\/event-stream/);

      const failing = ask({});
      const third = (await channel.frame(3)).requestId;
      channel.send({ type: "chat.completion.error", requestId: third, error: "no such model" });
      const failed = await failing;
      assert.deepEqual([failed.status, failed.json.error.detail], [502, "no such model"]);

      const [dropped, cut] = [ask({}), ask({ stream: true })];
      await channel.frame(5);
      channel.socket.close();
      assert.deepEqual([(await dropped).status, (await dropped).json.error.code], [503, "channel_dropped"]);
      assert.match((await cut).text, /"code":"channel_dropped"/);
      assert.equal((await one.messages())[0]!.state, "queued", "a model is told nothing");
    });

    await t.step("a job that serves no model, and one that nobody holds, is not asked", async () => {
      const one = await stage(plane);
      const channel = await open(plane, one.job.id, one.runner.token);
      const answer = await one.at.call("POST", `/jobs/${one.job.id}/chat/completions`, { body: {} });
      assert.deepEqual([answer.status, answer.json.error.code], [409, "channel_not_open"]);
      channel.socket.close();
      const unknown = await one.at.call("GET", "/jobs/nobodys/chat/models");
      assert.deepEqual([unknown.status, unknown.json.error.code], [404, "job_not_found"]);
    });
  },
});
