import assert from "node:assert/strict";
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import { ADMIN_TOKEN, startFactory } from "../browser/factory.ts";

const PROJECT = "/api/owners/acme/projects/site";

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

Deno.test({
  name: "routes of gates, logs, files and sessions",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const factory = await startFactory();
    await factory.putLine();
    const runner = await factory.runner("bench-1");
    const task = await factory.submit("Tidy", "Card.");
    const job = await runner.claim();
    const user = await factory.call<{ token: string }>("POST", `${PROJECT}/tokens`, { name: "ci" });

    async function ask(method: string, path: string, token: string | null, body?: BodyInit): Promise<Answer> {
      const response = await fetch(factory.url + path, {
        method,
        redirect: "manual",
        // The development server packs what it may, and then says no length.
        headers: {
          "accept-encoding": "identity",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
      const code = isJson ? (JSON.parse(text) as { error?: { code: string } }).error?.code : undefined;
      return { status: response.status, code, headers: response.headers, text };
    }
    const expect = async (status: number, code: string, ...call: Parameters<typeof ask>) => {
      const answer = await ask(...call);
      assert.deepEqual([answer.status, answer.code], [status, code], `${call[0]} ${call[1]}: ${answer.text}`);
    };
    const ofTask = `${PROJECT}/tasks/${task.id}`;

    await t.step("output comes in bounded, numbered pieces and goes out from any offset", async () => {
      const chunks = `${PROJECT}/runs/${job.runId}/jobs/${job.id}/logs`;
      await runner.print(job, 0, "first\n");
      await runner.print(job, 0, "first\n");
      await runner.print(job, 1, "zweite Zeile: ä\n");
      const whole = await ask("GET", `${ofTask}/log`, user.token);
      assert.equal(whole.text, "first\nzweite Zeile: ä\n");
      assert.equal(whole.headers.get("x-shopfloor-total-bytes"), "23");
      assert.equal((await ask("GET", `${ofTask}/log?offset=6`, user.token)).text, "zweite Zeile: ä\n");
      assert.equal((await ask("GET", `${ofTask}/log?offset=999`, user.token)).text, "");
      assert.equal(whole.headers.get("content-length"), "23");
      const piece = async (range: string, query = "") => {
        const headers = { authorization: `Bearer ${user.token}`, range };
        const response = await fetch(`${factory.url}${ofTask}/log${query}`, { headers });
        return [response.status, response.headers.get("content-range"), await response.text()];
      };
      assert.deepEqual(await piece("bytes=0-4"), [206, "bytes 0-4/23", "first"]);
      assert.deepEqual(await piece("bytes=-3"), [206, "bytes 20-22/23", "ä\n"]);
      assert.deepEqual(await piece("bytes=0-5", "?offset=6"), [206, "bytes 0-5/17", "zweite"]);
      assert.deepEqual(await piece("bytes=0-4", `?run=${job.runId}`), [206, "bytes 0-4/23", "first"]);
      assert.deepEqual((await piece("bytes=23-")).slice(0, 2), [416, "bytes */23"]);
      assert.deepEqual((await piece("bytes=0-1,3-4")).slice(0, 2), [200, null]);
      assert.equal((await ask("GET", `${ofTask}/log?run=nobody`, user.token)).text, "");
      const head = await ask("HEAD", `${ofTask}/log`, user.token);
      assert.deepEqual(
        [head.status, head.text, head.headers.get("content-length"), head.headers.get("accept-ranges")],
        [200, "", "23", "bytes"],
      );
      await expect(400, "invalid_input", "GET", `${ofTask}/log?offset=-1`, user.token);
      await expect(400, "upgrade_required", "GET", `${ofTask}/log/ws`, user.token);
      await expect(401, "unauthenticated", "GET", `${ofTask}/log`, null);
      await expect(404, "task_not_found", "GET", `${PROJECT}/tasks/nobody/log`, user.token);
      await expect(400, "invalid_input", "POST", `${chunks}?sequence=x`, user.token, "text");
      await expect(403, "wrong_token_kind", "POST", chunks, user.token, "text");
      const large = new Uint8Array(LOG_CHUNK_MAX_BYTES + 1);
      await expect(413, "chunk_too_large", "POST", chunks, user.token, large);
      const timeline = JSON.parse((await ask("GET", `${ofTask}/timeline`, user.token)).text);
      assert.ok(timeline.entries.length > 0);
    });

    await t.step("files and the diff come from the task's repository, never as pages", async () => {
      await expect(404, "no_commits", "GET", `${ofTask}/diff`, user.token);
      const work = await runner.push(job, { "page.html": "<script>alert(1)</script>\n", "src/a.ts": "1\n" });
      const ref = `ref=${encodeURIComponent(`refs/heads/work/task-${task.id}`)}`;
      const listed = JSON.parse((await ask("GET", `${ofTask}/files?${ref}`, user.token)).text);
      const modes = listed.files.map((f: { path: string; mode: string }) => `${f.path} ${f.mode}`);
      assert.ok(modes.includes("page.html file") && modes.includes("src directory"), modes.join());
      const file = await ask("GET", `${ofTask}/files/content?${ref}&path=page.html`, user.token);
      assert.equal(file.text, "<script>alert(1)</script>\n");
      assert.equal(file.headers.get("content-type"), "text/plain; charset=utf-8");
      assert.equal(file.headers.get("x-content-type-options"), "nosniff");
      await expect(404, "path_not_found", "GET", `${ofTask}/files/content?${ref}&path=none`, user.token);
      await expect(404, "ref_not_found", "GET", `${ofTask}/files?ref=refs/heads/none`, user.token);
      await expect(400, "invalid_input", "GET", `${ofTask}/diff?base=main`, user.token);
      await expect(401, "unauthenticated", "GET", `${ofTask}/files`, null);
      await runner.finish(job, { ...work });
      const diff = JSON.parse((await ask("GET", `${ofTask}/diff`, user.token)).text);
      assert.deepEqual(diff.changes.map((c: { path: string }) => c.path), ["page.html", "src/a.ts"]);
    });

    const gate = `${PROJECT}/stages/tidy/tasks/${task.id}/gates`;
    await t.step("a gate refuses what is not a decision, by the codes of the standard", async () => {
      await expect(409, "gate_not_waiting", "POST", `${gate}/review`, user.token, '{"action":"approve"}');
      await runner.finish(await runner.claim(), {});
      await expect(400, "invalid_input", "POST", `${gate}/review`, user.token, '{"action":"maybe"}');
      await expect(400, "invalid_json", "POST", `${gate}/review`, user.token, "{");
      await expect(401, "unauthenticated", "POST", `${gate}/review`, null, '{"action":"approve"}');
      await expect(404, "gate_not_found", "POST", `${gate}/none`, user.token, '{"action":"approve"}');

      const token = async () => new URL(await factory.gateLink(task.id)).hash.slice(1);
      const old = await token();
      const link = await token();
      const forged = link.slice(0, -22) + "A".repeat(22);
      await expect(401, "unauthenticated", "GET", "/v1/gate", null);
      await expect(400, "token_malformed", "GET", "/v1/gate", "oag1.x.y");
      await expect(401, "token_forged", "GET", "/v1/gate", forged);
      await expect(410, "token_superseded", "GET", "/v1/gate", old);
      await expect(404, "token_unknown", "GET", "/v1/gates/01jbrc9nf6m6sc7n75yr3hga9t", link);
      await expect(400, "invalid_input", "POST", "/v1/gate/redeem", link, "{}");
      const seen = JSON.parse((await ask("GET", "/v1/gate", link)).text);
      assert.deepEqual([seen.state, seen.seq, seen.origin.gate_id], ["open", 1, "review"]);
      const evidence = JSON.parse((await ask("GET", `/v1/gates/${seen.gate_id}/evidence`, link)).text);
      assert.equal(evidence.diff.changes.length, 2);
      assert.equal((await factory.task(task.id)).status, "awaiting_review");
    });

    await t.step("a user's decision names the user, repeats, and cannot be turned round", async () => {
      const approve = '{"action":"approve","reason":"fine"}';
      const first = await ask("POST", `${gate}/review`, user.token, approve);
      assert.equal(first.status, 200, first.text);
      assert.equal(JSON.parse(first.text).state.outcome.decidedBy, "user:ci");
      assert.equal((await ask("POST", `${gate}/review`, user.token, approve)).text, first.text);
      await expect(409, "gate_already_resolved", "POST", `${gate}/review`, user.token, '{"action":"reject"}');
      await expect(409, "gate_already_resolved", "POST", `${gate}/review/link`, user.token);
    });

    await t.step("only the admin makes sign-in links, and only our codes open a session", async () => {
      await expect(401, "unauthenticated", "POST", "/session/links", null);
      await expect(403, "wrong_token_kind", "POST", "/session/links", user.token);
      const { url } = await factory.call<{ url: string }>("POST", "/session/links");
      const code = new URL(url).hash.slice(1);
      const form = (fields: Record<string, string>) =>
        ask("POST", "/session", null, new URLSearchParams(fields));
      assert.equal((await form({})).status, 400);
      assert.match((await form({ code: user.token })).headers.get("location") ?? "", /^\/signin\?refused/);
      for (const next of ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"]) {
        assert.equal((await form({ code, next })).headers.get("location"), "/");
      }
      const done = await form({ code, next: "/p/acme/site" });
      assert.equal(done.headers.get("location"), "/p/acme/site");
      assert.match(done.headers.get("set-cookie") ?? "", /HttpOnly; SameSite=Strict/);
    });

    await t.step("another site cannot use a token that a browser keeps as a Basic password", async () => {
      const basic = { authorization: `Basic ${btoa(`me:${user.token}`)}` };
      const submit = async (headers: Record<string, string>) => {
        const path = `${factory.url}${PROJECT}/assembly-lines/tidy/tasks`;
        const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify({ title: "x" }) });
        return {
          status: answer.status,
          code: (await answer.json() as { error?: { code: string } }).error?.code,
        };
      };
      const forged = { status: 403, code: "cross_site_request" };
      assert.deepEqual(await submit({ ...basic, "sec-fetch-site": "cross-site" }), forged);
      assert.deepEqual(await submit({ ...basic, "sec-fetch-site": "same-site" }), forged);
      assert.deepEqual(await submit({ ...basic, origin: "https://elsewhere.example" }), forged);
      assert.equal((await submit(basic)).status, 201, "programs say nothing of a page");
      assert.equal((await submit({ ...basic, "sec-fetch-site": "same-origin" })).status, 201);
    });

    await t.step(
      "names that cannot be are not found, also where a form would lead back to them",
      async () => {
        const path = `/p/${encodeURIComponent("a\r\nset-cookie: b=c")}/site/tasks/${task.id}/cancel`;
        const answer = await ask("POST", path, ADMIN_TOKEN, new URLSearchParams({ reason: "x" }));
        assert.equal(answer.status, 404);
        const question = `/p/acme/site/asks/${encodeURIComponent("a\r\nb: c")}/answer`;
        assert.equal((await ask("POST", question, ADMIN_TOKEN, new URLSearchParams())).status, 404);
      },
    );

    await t.step("a body that is nested too deeply is refused", async () => {
      const deep = `{"type":"t","name":"n","data":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
      await expect(400, "invalid_input", "POST", `${PROJECT}/artifacts`, user.token, deep);
      const config = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
      const line = `{"name":"n","stations":[{"id":"a","name":"A","operatorConfig":${config}}]}`;
      await expect(400, "invalid_input", "PUT", `${PROJECT}/assembly-lines/deep`, user.token, line);
    });

    await t.step("pages run no script but ours, and who has no session is sent to sign in", async () => {
      const board = await ask("GET", "/", null);
      assert.equal(board.headers.get("location"), "/signin");
      const page = await ask("GET", "/g", null);
      assert.match(
        page.headers.get("content-security-policy") ?? "",
        /default-src 'none'.*script-src 'self'/,
      );
      assert.doesNotMatch(page.text, /<style|style=|<script>|onclick/);
      assert.equal((await ask("GET", "/assets/live.js", null)).status, 200);
      assert.equal((await ask("GET", "/assets/constructor", null)).status, 404);
    });

    await factory.close();
  },
});
