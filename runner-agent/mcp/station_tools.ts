/**
 * The operator's MCP server (Line 16): streamable HTTP without sessions, so that a restarted runner goes on answering.
 *
 * 1. Who calls is known by the socket that the request came through; nothing here asks for an identity.
 * 2. Each request has a server of its own: nothing of a call outlives its answer.
 * 3. Only POST is served: without sessions there is no stream to open or end, which clients take as such (405).
 */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";
import { type CompleteAnswer, completeText, type ConclusionWish } from "../domain/station_end.ts";
import { type Bridge, failed, said, type ToolResult } from "./agent_tools.ts";
import { boundedText } from "./bounded_text.ts";

export interface StationToolsOptions {
  /** Told once per call of a tool; answers are for the agent to read. Rejects for faults of the host. */
  readonly complete: (wish: ConclusionWish) => Promise<CompleteAnswer>;
  readonly version: string;
  /** The agent's own tools; null: there are only the operator's. */
  readonly bridge: Bridge | null;
}

const completeInput = {
  conclusion: z.enum(["success", "failure"]).describe("whether the station's work is done"),
  summary: z.string().optional().describe("what was done, or why it could not be, in a few sentences"),
  exitCode: z.number().int().min(0).max(255).default(0).describe("anything but 0 means failure"),
};
const stopInput = {
  message: z.string().optional(),
  conclusion: z.enum(["success", "failure", "cancelled"]).optional(),
};
type CompleteInput = z.infer<z.ZodObject<typeof completeInput>>;
type StopInput = z.infer<z.ZodObject<typeof stopInput>>;

/** Serves `/mcp`. */
export function createStationTools(options: StationToolsOptions): (request: Request) => Promise<Response> {
  return async function stationTools(request) {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    const body = await boundedText(request);
    if (body === null) return new Response(null, { status: 413 });
    const server = createServer(options);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    try {
      await server.connect(transport);
      const { url, headers } = request;
      const answer = await transport.handleRequest(new Request(url, { method: "POST", headers, body }));
      if (answer.ok && isToolsList(body)) options.bridge?.toolsListed();
      return answer;
    } finally {
      await server.close();
    }
  };
}

function createServer({ complete, version, bridge }: StationToolsOptions): McpServer {
  const server = new McpServer({ name: "shopfloor", version });
  const noted: Bridge["noted"] = bridge === null ? (_tool, _input, act) => act() : bridge.noted;
  const answer = (tool: string, wish: ConclusionWish) =>
    noted(tool, wish, async (): Promise<ToolResult> => {
      const answered = await complete(wish);
      return (answered.kind === "refused" ? failed : said)(completeText(answered));
    });
  server.registerTool(
    "complete_station",
    {
      description:
        "Ends this station. Call it once, when the work is done or cannot be done, after all changes are " +
        "committed and pushed where they should be. Nothing that is done afterwards counts.",
      inputSchema: completeInput,
    },
    ({ conclusion, summary, exitCode }: CompleteInput) =>
      answer("complete_station", { conclusion, summary: summary ?? null, exitCode }),
  );
  server.registerTool("stop_broadcast", {
    description: "Another name of complete_station, for prompts that were written for it.",
    inputSchema: stopInput,
  }, ({ message, conclusion }: StopInput) =>
    answer("stop_broadcast", {
      // An agent that gives up has not done the work.
      conclusion: conclusion === "cancelled" ? "failure" : conclusion ?? "success",
      summary: message ?? (conclusion === "cancelled" ? "cancelled by the agent" : null),
      exitCode: 0,
    }));
  bridge?.register(server);
  return server;
}

/** Is this request, or one of a batch, `tools/list`? */
function isToolsList(body: string): boolean {
  try {
    const read: unknown = JSON.parse(body);
    return [read].flat().some((one) => (one as { method?: unknown } | null)?.method === "tools/list");
  } catch {
    return false;
  }
}
