/** `template.yaml` (Runtime 1.6), and what a station may say in its place. */
import { z } from "zod";
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import { durationMs } from "../domain/agent/duration.ts";
import {
  CHECK_NO_PROGRESS,
  CHECK_ROUNDS,
  CHECK_ROUNDS_MAX,
  CHECK_SAME_FAILURE,
  CHECK_TIMEOUT_MS,
  TEMPLATE_TEXT_MAX_BYTES,
  TOOL_TIMEOUT_MAX_MS,
} from "../limits.ts";

export const TEMPLATE_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const name = z.string().regex(TEMPLATE_NAME, { error: "expected letters a-z, digits, '-' and '_'" });
const text = z.string().max(TEMPLATE_TEXT_MAX_BYTES).refine((value) => !value.includes("\0"), {
  error: "expected a text without a zero byte",
});
/** YAML reads numbers and booleans without quotes; a variable is a text. */
const variableText = z.union([text, z.number(), z.boolean()], { error: "expected a text" }).transform(String);
export const variables = z.record(
  z.string().regex(VARIABLE, { error: "expected the name of a variable" }),
  variableText,
);
const timeout = z.unknown().transform((value, context) => {
  const ms = durationMs(value);
  if (ms !== null && ms > 0 && ms <= TOOL_TIMEOUT_MAX_MS) return ms;
  context.addIssue({
    code: "custom",
    message: `expected a time such as 30s, at most ${TOOL_TIMEOUT_MAX_MS / 60_000}m`,
  });
  return z.NEVER;
});

/** One MCP server, in the words of a file; parsed after its places are filled in. */
export const mcpServer = z.strictObject({
  transport: z.enum(["stdio", "http", "sse"]),
  command: text.optional(),
  args: z.array(text).optional(),
  env: variables.optional(),
  url: z.url({ protocol: /^https?$/, error: "expected an address such as http://127.0.0.1:8080/mcp" })
    .optional(),
  headers: z.record(z.string(), text).optional(),
  env_passthrough: z.array(z.string().regex(VARIABLE)).optional(),
  trust: z.boolean().optional(),
  timeout: timeout.optional(),
}).refine((server) => server.transport !== "stdio" || server.command !== undefined, {
  error: "expected a command, as the transport is stdio",
  path: ["command"],
}).refine((server) => server.transport === "stdio" || server.url !== undefined, {
  error: "expected a url, as the transport is not stdio",
  path: ["url"],
});

const shared = {
  harness: z.enum(AGENT_NAMES).optional(),
  model: z.string().min(1).max(200).optional(),
  env: variables.optional(),
  /** Checked after their places were filled in. */
  mcp_servers: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/), z.unknown()).optional(),
  services: z.array(z.unknown()).optional(),
  args: z.array(text).optional(),
  /** Runtime 3.8: the check that decides after each turn. */
  verifier: z.strictObject({
    command: text.min(1),
    timeout: timeout.default(CHECK_TIMEOUT_MS),
    rounds: z.number().int().min(1).max(CHECK_ROUNDS_MAX).default(CHECK_ROUNDS),
    same_failure: z.number().int().min(1).max(CHECK_ROUNDS_MAX).default(CHECK_SAME_FAILURE),
    no_progress: z.number().int().min(1).max(CHECK_ROUNDS_MAX).default(CHECK_NO_PROGRESS),
  }).optional(),
  system_prompt: text.optional(),
  instructions: text.optional(),
};

export const templateDocument = z.strictObject({
  name: name.optional(),
  description: z.string().max(2_000).optional(),
  extends: name.optional(),
  ...shared,
});

/** What of a station's own configuration overrides its template. */
export const inlineTemplate = z.object(shared);
export type InlineTemplate = z.infer<typeof inlineTemplate>;
