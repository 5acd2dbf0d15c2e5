/**
 * What a runner's hub would be for an agent CLI on the host: takes what its hooks tell, and is its MCP server. It keeps
 * everything in order, and wakes who waits for it.
 */

import type { ActivitySignal, HookEvent, SessionHarness } from "../../runner-agent/agent_ports.ts";

/** One thing that the CLI told us. */
export type Told =
  | { readonly kind: "hook"; readonly event: HookEvent; readonly signals: readonly ActivitySignal[] }
  | { readonly kind: "mcp"; readonly method: string };

export interface HookReceiver extends AsyncDisposable {
  readonly told: readonly Told[];
  readonly signals: readonly ActivitySignal[];
  readonly mcpUrl: string;
  /** A shell command as `SessionHarness.hooks` wants it. */
  readonly hookCommand: string;
  /** The first signal after `from` of them that is as wanted; fails after `maxMs` with all that was told. */
  signal<K extends ActivitySignal["kind"]>(
    kind: K,
    from: number,
    maxMs: number,
  ): Promise<Extract<ActivitySignal, { kind: K }>>;
  /** Until so many calls of an MCP method have come. */
  mcpCalls(method: string, count: number, maxMs: number): Promise<void>;
}

const TOOL = {
  name: "af_status",
  description: "Says how the work goes.",
  inputSchema: { type: "object", properties: { state: { type: "string" }, message: { type: "string" } } },
};

/** @param dir Where the hook's script is put. */
export async function startHookReceiver(harness: SessionHarness, dir: string): Promise<HookReceiver> {
  const told: Told[] = [];
  const signals: ActivitySignal[] = [];
  const waiting = new Set<() => void>();
  const tell = (one: Told) => {
    told.push(one);
    if (one.kind === "hook") signals.push(...one.signals);
    for (const wake of [...waiting]) wake();
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const text = await request.text();
    if (url.pathname === "/hook") {
      const event = { name: url.searchParams.get("event") ?? "", payload: JSON.parse(text) };
      tell({ kind: "hook", event, signals: harness.signalsOf(event) });
      return new Response("");
    }
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method, params } = JSON.parse(text);
    tell({ kind: "mcp", method });
    if (id === undefined) return new Response(null, { status: 202 });
    return Response.json({ jsonrpc: "2.0", id, ...answerTo(method, params) });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const hookCommand = `${dir}/hook.sh`;
  await Deno.writeTextFile(
    hookCommand,
    `#!/bin/sh\nexec curl --silent --max-time 9 --data-binary @- "${url}/hook?event=$1"\n`,
    { mode: 0o755 },
  );

  async function until<T>(look: () => T | undefined, what: string, maxMs: number): Promise<T> {
    const deadline = Date.now() + maxMs;
    while (true) {
      const found = look();
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
      if (Date.now() >= deadline && look() === undefined) {
        throw new Error(`Cannot go on as ${what} must come within ${maxMs} ms: ${summary(told)}`);
      }
    }
  }

  return {
    told,
    signals,
    mcpUrl: `${url}/mcp`,
    hookCommand,
    signal<K extends ActivitySignal["kind"]>(kind: K, from: number, maxMs: number) {
      type Wanted = Extract<ActivitySignal, { kind: K }>;
      return until(
        () => signals.slice(from).find((signal): signal is Wanted => signal.kind === kind),
        kind,
        maxMs,
      );
    },
    async mcpCalls(method, count, maxMs) {
      const calls = () => told.filter((one) => one.kind === "mcp" && one.method === method).length;
      await until(() => calls() >= count ? true : undefined, `${count} x ${method}`, maxMs);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answerTo(method: string, params: { readonly protocolVersion?: string } | undefined) {
  switch (method) {
    case "initialize":
      return {
        result: {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "shopfloor", version: "1" },
        },
      };
    case "tools/list":
      return { result: { tools: [TOOL] } };
    case "tools/call":
      return { result: { content: [{ type: "text", text: "said-by-the-tool" }] } };
    default:
      return { error: { code: -32601, message: "method not found" } };
  }
}

function summary(told: readonly Told[]): string {
  return told.map((one) => one.kind === "mcp" ? one.method : one.event.name).join(" ");
}
