#!/usr/bin/env node
// The shortest plugin that answers: with the prompt itself. `echo_plugin.py` beside it shows the whole protocol.
import { createInterface } from "node:readline";

const results = {
  initialize: () => ({
    name: "say",
    version: "1.0",
    protocol_version: "1",
    capabilities: { streaming: false, session_resume: false, tool_events: false, permission_requests: false },
  }),
  invoke: ({ prompt }) => ({
    response: prompt,
    cost_usd: 0.001,
    input_tokens: prompt.length,
    output_tokens: prompt.length,
    tool_events: [],
  }),
  shutdown: () => null,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  const result = results[method]?.(params);
  if (id !== undefined && result !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
  if (method === "shutdown") process.exit(0);
}
