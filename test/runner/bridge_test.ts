/** The bridge as an agent's MCP client sees it: the SDK's own client, by HTTP and by the stdio relay, over a hub that comes and goes. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentEventType } from "../../runner-agent/agent_ports.ts";
import { createToolCalls } from "../../runner-agent/control/tool_calls.ts";
import { createHubHandler, type Hub, serveSocket } from "../../runner-agent/job/hub.ts";
import { operatorRoutes } from "../../runner-agent/job/operator_routes.ts";
import { createBridge } from "../../runner-agent/mcp/agent_tools.ts";
import { AGENT_TOOLS } from "../../protocol/agent/tools.ts";
import { freePort } from "../../tools/local/ports.ts";

const RELAY = new URL("../../runner-agent/container/run_bin/agent_bridge", import.meta.url).pathname;

interface Asked {
  readonly path: string;
  readonly authorization: string | null;
  readonly body: unknown;
}

/** A control plane, a hub and the forwarder of a sandbox. */
class World implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly events: { readonly type: AgentEventType; readonly payload: Record<string, unknown> }[] = [];
  readonly heard: unknown[] = [];
  /** What the control plane says. */
  answer: () => Response = () => Response.json({ result: { ok: 1 } });
  #dir = "";
  #hub: Hub | null = null;
  #forward: Deno.ChildProcess | null = null;
  #plane: Deno.HttpServer<Deno.NetAddr> | null = null;
  #planePort = 0;
  port = 0;
  #clients: Client[] = [];

  static async make(): Promise<World> {
    const world = new World();
    world.#dir = await Deno.makeTempDir({ prefix: "shopfloor_bridge_" });
    world.startPlane();
    await world.startHub();
    world.port = freePort();
    world.startForward();
    return world;
  }

  startPlane(): void {
    this.#plane = Deno.serve(
      { port: this.#planePort, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        this.asked.push({
          path: new URL(request.url).pathname,
          authorization: request.headers.get("authorization"),
          body: await request.json(),
        });
        return this.answer();
      },
    );
    this.#planePort = this.#plane.addr.port;
  }

  async stopPlane(): Promise<void> {
    await this.#plane?.shutdown();
    this.#plane = null;
  }

  async startHub(): Promise<void> {
    const bridge = createBridge({
      calls: createToolCalls(
        { serverUrl: `http://127.0.0.1:${this.#planePort}`, owner: "ada", project: "loom" },
        "r1",
        "alp_job_1",
      ),
      events: {
        append: (type, payload) => {
          this.events.push({ type, payload });
          return Promise.resolve();
        },
      },
      listener: {
        toolsListed: () => this.heard.push("listed"),
        called: (tool) => this.heard.push(tool),
        declared: (state, message) => {
          this.heard.push([state, message]);
          return Promise.resolve();
        },
      },
      nowMs: () => 5,
    });
    const end = {
      complete: (conclusion: unknown) => Promise.resolve({ kind: "recorded", conclusion }),
    } as unknown as Parameters<typeof operatorRoutes>[0];
    const routes = operatorRoutes(end, bridge);
    this.#hub = await serveSocket(this.#socket, (closed) => createHubHandler(routes, () => {}, closed));
  }

  async stopHub(): Promise<void> {
    await this.#hub?.close();
    this.#hub = null;
    await Deno.remove(this.#socket).catch(() => {});
  }

  startForward(): void {
    this.#forward = new Deno.Command("socat", {
      args: [
        `TCP-LISTEN:${this.port},bind=127.0.0.1,fork,reuseaddr`,
        `UNIX-CONNECT:${this.#socket},retry=40,interval=0.1`,
      ],
      stdin: "null",
      stderr: "null",
    }).spawn();
  }

  async stopForward(): Promise<void> {
    this.#forward?.kill("SIGKILL");
    await this.#forward?.status;
    this.#forward = null;
  }

  async client(form: "http" | "stdio"): Promise<Client> {
    const transport = form === "http"
      ? new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${this.port}/mcp`))
      : new StdioClientTransport({
        command: RELAY,
        env: { PATH: Deno.env.get("PATH")!, SHOPFLOOR_HUB: `127.0.0.1:${this.port}` },
      });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport as Transport);
    this.#clients.push(client);
    return client;
  }

  get #socket(): string {
    return join(this.#dir, "hub.sock");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.stopForward();
    await this.stopHub();
    await this.stopPlane();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

async function callText(
  client: Client,
  name: string,
  input: Record<string, unknown>,
): Promise<{ isError: boolean; text: string }> {
  const answer = await client.callTool({ name, arguments: input });
  return { isError: answer.isError === true, text: (answer.content as { text: string }[])[0]!.text };
}

for (const form of ["http", "stdio"] as const) {
  Deno.test(`by ${form}, an agent lists and calls its tools, as the run that it is`, async () => {
    await using world = await World.make();
    await ready(world);
    const client = await world.client(form);
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map((tool: { name: string }) => tool.name).sort(),
      [...AGENT_TOOLS, "af_status", "complete_station", "stop_broadcast"].sort(),
    );
    assert.ok(world.heard.includes("listed"));
    assert.deepEqual(await callText(client, "af_memory_recall", { query: "düne" }), {
      isError: false,
      text: '{"ok":1}',
    });
    assert.deepEqual(world.asked[0], {
      path: "/api/owners/ada/projects/loom/runs/r1/tools/af_memory_recall",
      authorization: "Bearer alp_job_1",
      body: { query: "düne", max_items: 10, max_tokens: 20_000 },
    });
    assert.deepEqual(world.events.map(({ type }) => type), ["tool_call", "tool_result"]);
    assert.equal(world.events[1]!.payload["callId"], world.events[0]!.payload["callId"]);
  });

  Deno.test(`by ${form}, a hub that is killed and comes back costs its agent nothing but the wait`, async () => {
    await using world = await World.make();
    await ready(world);
    const client = await world.client(form);
    await client.listTools();
    await world.stopHub();
    const during = callText(client, "af_context_get", { context_id: "c", source_id: "s" });
    // Long enough for the call to find nobody.
    const untilMs = performance.now() + 300;
    while (performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20));
    await world.startHub();
    assert.equal((await during).isError, false);
    assert.equal(
      (await callText(client, "af_status", { state: "blocked", message: "no key" })).text,
      "noted: blocked",
    );
    assert.deepEqual(world.heard.at(-1), ["blocked", "no key"]);
  });
}

Deno.test("by stdio, while nobody serves, a call is answered with an error that has its id, and the next one works", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("stdio");
  await world.stopForward();
  await assert.rejects(callText(client, "af_status", { state: "waiting" }), /-32001.*does not answer/);
  world.startForward();
  await ready(world);
  assert.equal((await callText(client, "af_status", { state: "waiting" })).isError, false);
});

Deno.test("a refusal of the control plane is an error of the tool with its code, its details and what to do", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("http");
  world.answer = () =>
    Response.json({ error: { code: "subtask_refused", message: "Cannot move", allowed: ["queued"] } }, {
      status: 409,
    });
  assert.deepEqual(await callText(client, "af_subtask_state", { state: "awaiting_verification" }), {
    isError: true,
    text: 'subtask_refused: Cannot move {"allowed":["queued"]}',
  });
  assert.ok(!world.heard.some((one) => Array.isArray(one)), "nothing was completed");
  world.answer = () =>
    Response.json({ error: { code: "cursor_stale", message: "It has changed." } }, { status: 409 });
  assert.match(
    (await callText(client, "af_spec_read", { what: "rendered" })).text,
    /^cursor_stale: .* Begin to read anew/,
  );
  // A fault of a provider is an answer, too: the control plane is there.
  world.answer = () => Response.json({ error: { code: "ci_unreachable", message: "x" } }, { status: 502 });
  assert.match((await callText(client, "af_ci_status", { action: "list" })).text, /^ci_unreachable/);
  assert.ok(!world.events.some(({ type }) => type === "bridge_disconnected"));
});

Deno.test("work that is handed over for verification is completed for those who watch", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("http");
  await callText(client, "af_subtask_state", { state: "in_progress" });
  await callText(client, "af_subtask_state", { state: "awaiting_verification", note: "all tests pass" });
  assert.deepEqual(world.heard.filter(Array.isArray), [["completed", "all tests pass"]]);
});

Deno.test("while the control plane is away each call is an error that says so, and the log has one entry of it", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("http");
  const disconnected = () => world.events.filter(({ type }) => type === "bridge_disconnected").length;
  await world.stopPlane();
  for (let n = 0; n < 2; n++) {
    const { isError, text } = await callText(client, "af_web_search", { action: "search", query: "x" });
    assert.equal(isError, true);
    assert.match(text, /^control_plane_away: .* call again in a minute\.$/);
  }
  assert.match(
    (await callText(client, "af_issues", { action: "search" })).text,
    /look first whether it has happened/,
  );
  assert.equal(disconnected(), 1);
  world.startPlane();
  assert.equal((await callText(client, "af_issues", { action: "search" })).isError, false);
  world.answer = () => new Response("<html>bad gateway</html>", { status: 502 });
  assert.match((await callText(client, "af_issues", { action: "search" })).text, /^control_plane_away/);
  assert.equal(disconnected(), 2);
});

Deno.test("parameters that a tool does not take are told to the model, and never sent", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("http");
  const { isError, text } = await callText(client, "af_spec_read", { what: "everything" });
  assert.equal(isError, true);
  assert.match(text, /what/);
  assert.equal(world.asked.length, 0);
});

Deno.test("the hub says that it is there", async () => {
  await using world = await World.make();
  await ready(world);
  const answer = await fetch(`http://127.0.0.1:${world.port}/healthz`);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { ok: true });
});

Deno.test("a large answer is in the log as its beginning and its length", async () => {
  await using world = await World.make();
  await ready(world);
  const client = await world.client("http");
  world.answer = () => Response.json({ result: { text: "x".repeat(50_000) } });
  assert.ok((await callText(client, "af_spec_read", { what: "rendered" })).text.length > 50_000);
  assert.match(String(world.events[1]!.payload["output"]), /^.{4000}… \(50011 characters\)$/);
});

/** Waits until the forwarder listens. */
async function ready(world: World): Promise<void> {
  const untilMs = performance.now() + 30_000;
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${world.port}/healthz`);
      await answer.body?.cancel();
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
