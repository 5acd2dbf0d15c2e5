/**
 * A plugin for OpenCode that asks the run before each tool, over the run's socket: one JSON line there, one back
 * (`backend_permission.ts`). What goes wrong denies.
 */

/**
 * The text of the plugin.
 *
 * @param agent Gets `permission` in the place of what it may do without the plugin, which is nothing.
 */
export function openCodeGate(
  socketPath: string,
  agent: string,
  permission: Readonly<Record<string, unknown>>,
): string {
  return `const SOCKET = ${JSON.stringify(socketPath)};
const AGENT = ${JSON.stringify(agent)};
const PERMISSION = ${JSON.stringify(permission)};
${GATE}`;
}

const GATE = `// Asks the run before each tool. Written for one call; edits are lost.
import { connect } from "node:net";

function ask(tool_name, tool_input) {
  return new Promise((resolve, reject) => {
    const connection = connect(SOCKET, () => connection.write(JSON.stringify({ tool_name, tool_input }) + "\\n"));
    let said = "";
    connection.setEncoding("utf8");
    connection.on("data", (text) => {
      said += text;
      if (!said.includes("\\n")) return;
      connection.end();
      resolve(JSON.parse(said.slice(0, said.indexOf("\\n"))));
    });
    connection.on("error", () => reject(new Error("ail permission bridge error")));
    connection.on("close", () => reject(new Error("ail permission bridge error")));
  });
}

export const Gate = async () => ({
  config: async (config) => {
    config.agent = config.agent ?? {};
    config.agent[AGENT] = { ...config.agent[AGENT], permission: PERMISSION };
  },
  "tool.execute.before": async ({ tool }, { args }) => {
    const { behavior, message } = await ask(tool, args);
    if (behavior !== "allow") throw new Error(message || "The person refused it.");
  },
});
`;
