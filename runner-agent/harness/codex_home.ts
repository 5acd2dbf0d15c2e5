/**
 * What Codex wants in its home and environment, in both of its modes: a provider of our own that speaks the Responses API
 * and takes its key from the environment (so no login screen and no `auth.json`). Its sandbox is switched off, as the
 * container is one. Codex refuses its helper programs when its home is below `/tmp`, so the agent's home never is.
 */

import type { AuthConfig, HomeFile, McpServerConfig, ResolvedAuth } from "../agent_ports.ts";
import { type HookCommand, hookEntry, mapValues, MCP_TOOL_TIMEOUT_MS } from "./agent_cli.ts";

const CONFIG_FILE = ".codex/config.toml";
const PROVIDER = "shopfloor";

export function codexGates(workspacePath: string): readonly HomeFile[] {
  return [{
    path: CONFIG_FILE,
    toml: {
      approval_policy: "never",
      sandbox_mode: "danger-full-access",
      check_for_update_on_startup: false,
      analytics: { enabled: false },
      feedback: { enabled: false },
      projects: { [workspacePath]: { trust_level: "trusted" } },
    },
  }];
}

export function codexAuth({ modelBaseUrl, placeholderKey }: AuthConfig, model: string | null): ResolvedAuth {
  return {
    method: "proxied_key",
    env: { OPENAI_API_KEY: placeholderKey },
    files: [{
      path: CONFIG_FILE,
      toml: {
        ...(model === null ? {} : { model }),
        model_provider: PROVIDER,
        model_providers: {
          [PROVIDER]: {
            name: "Shopfloor",
            base_url: modelBaseUrl,
            env_key: "OPENAI_API_KEY",
            wire_api: "responses",
          },
        },
      },
    }],
  };
}

export function codexSystemPrompt(content: string): readonly HomeFile[] {
  return [{ path: CONFIG_FILE, toml: { developer_instructions: content } }];
}

export function codexMcpServers(servers: Readonly<Record<string, McpServerConfig>>): readonly HomeFile[] {
  return [{ path: CONFIG_FILE, toml: { mcp_servers: mapValues(servers, serverOf) } }];
}

/** Claude Code's shape in a file of its own; seconds as well. */
export function codexHooks(events: readonly HookCommand[]): readonly HomeFile[] {
  const hooks = Object.fromEntries(
    events.map((hook) => [hook.event, [hookEntry(hook, hook.timeoutMs / 1_000)]]),
  );
  return [{ path: ".codex/hooks.json", json: { hooks } }];
}

function serverOf(server: McpServerConfig): Readonly<Record<string, unknown>> {
  const timeout = { tool_timeout_sec: (server.timeoutMs ?? MCP_TOOL_TIMEOUT_MS) / 1_000 };
  if (server.transport !== "stdio") {
    return { url: server.url, ...(server.headers && { http_headers: server.headers }), ...timeout };
  }
  return {
    command: server.command,
    args: server.args ?? [],
    env: server.env ?? {},
    // It gives a server nothing of its own environment but what is named here.
    env_vars: server.envPassthrough ?? [],
    ...timeout,
  };
}
