/**
 * The version of our side of a CLI: what it is started with, told and written into its home, as a digest. Another one means
 * that what a probe has found with it says nothing any more.
 */
import { createHash } from "node:crypto";
import { SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import type { SessionHarness } from "../agent_ports.ts";

const DIGEST_CHARS = 12;
const WISH = { model: "model", baseArgs: [], pluginDirs: [], hasSystemPrompt: true };

export function adapterVersion(harness: SessionHarness): string {
  const { name, provider: _provider, usageFile, mendSessionFile, ...rest } = harness;
  const auth = { modelBaseUrl: "http://127.0.0.1:1/model", placeholderKey: "placeholder-of-twenty-chars" };
  const said = {
    name,
    commands: [null, { kind: "exact", sessionId: "id" } as const, { kind: "latest" } as const].map((resume) =>
      harness.getCommand({ ...WISH, resume })
    ),
    env: harness.getEnv("agent", "/home/agent"),
    auth: harness.resolveAuth(auth, null),
    home: [
      ...harness.provision("agent", "/workspace"),
      ...harness.injectSystemPrompt("system"),
      ...harness.injectInstructions("instructions"),
      ...harness.applyMcpServers({ server: { transport: "http", url: "http://127.0.0.1:1/mcp" } }),
      ...harness.hooks("hook"),
    ],
    // Functions have no value that could be compared; the programs that they are come with our own version.
    has: [usageFile !== null, mendSessionFile !== null],
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => typeof value !== "function")),
  };
  const digest = createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, DIGEST_CHARS);
  return `${SHOPFLOOR_VERSION}+${digest}`;
}
