/**
 * What Gemini CLI wants in its home and environment, in both of its modes. What it is told to append goes to
 * `~/.gemini/GEMINI.md`, which it joins to its system instruction; `GEMINI_SYSTEM_MD` would replace the built-in one.
 * The model is always named, as the CLI otherwise asks a router model first.
 */

import type { AuthConfig, HomeFile, McpServerConfig, ResolvedAuth } from "../agent_ports.ts";
import { type HookCommand, hookEntry, mapValues } from "./agent_cli.ts";

/** The model when the station names none. */
export const GEMINI_DEFAULT_MODEL = "gemini-2.5-pro";

/** `NO_RELAUNCH`: otherwise it starts itself again, and the process that was started is not the agent. */
export const GEMINI_ENV: Readonly<Record<string, string>> = {
  GEMINI_CLI_NO_RELAUNCH: "true",
  GEMINI_CLI_TRUST_WORKSPACE: "true",
};

const SETTINGS_FILE = ".gemini/settings.json";

export function geminiGates(): readonly HomeFile[] {
  return [{
    path: SETTINGS_FILE,
    json: {
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
      security: { folderTrust: { enabled: false } },
      telemetry: { enabled: false },
    },
  }];
}

export function geminiAuth({ modelBaseUrl, placeholderKey, dialect }: AuthConfig): ResolvedAuth {
  if (dialect?.kind === "vertex") {
    return {
      method: "proxied_key",
      // With a key it names no project in its paths and looks for no account; the runner puts both in (`model_paths.ts`).
      env: {
        GOOGLE_GENAI_USE_VERTEXAI: "true",
        GOOGLE_API_KEY: placeholderKey,
        GOOGLE_VERTEX_BASE_URL: modelBaseUrl,
      },
      files: [{ path: SETTINGS_FILE, json: { security: { auth: { selectedType: "vertex-ai" } } } }],
    };
  }
  return {
    method: "proxied_key",
    env: { GEMINI_API_KEY: placeholderKey, GOOGLE_GEMINI_BASE_URL: modelBaseUrl },
    files: [{ path: SETTINGS_FILE, json: { security: { auth: { selectedType: "gemini-api-key" } } } }],
  };
}

export function geminiMemory(content: string): readonly HomeFile[] {
  return [{ path: ".gemini/GEMINI.md", text: content }];
}

export function geminiMcpServers(servers: Readonly<Record<string, McpServerConfig>>): readonly HomeFile[] {
  return [{ path: SETTINGS_FILE, json: { mcpServers: mapValues(servers, serverOf) } }];
}

/** Milliseconds; and what a hook prints must be JSON, or nothing. */
export function geminiHooks(events: readonly HookCommand[]): readonly HomeFile[] {
  const hooks = Object.fromEntries(
    events.map((hook) => [hook.event, [{ matcher: "*", ...hookEntry(hook, hook.timeoutMs) }]]),
  );
  return [{ path: SETTINGS_FILE, json: { hooks } }];
}

function serverOf(server: McpServerConfig): Readonly<Record<string, unknown>> {
  const common = {
    trust: server.isTrusted ?? true,
    ...(server.timeoutMs === undefined ? {} : { timeout: server.timeoutMs }),
  };
  if (server.transport !== "stdio") {
    return {
      type: server.transport,
      url: server.url,
      ...(server.headers && { headers: server.headers }),
      ...common,
    };
  }
  const passed = Object.fromEntries((server.envPassthrough ?? []).map((name) => [name, `$${name}`]));
  // It withholds variables that look like secrets; those that are named in `env` it expands and gives.
  return { command: server.command, args: server.args ?? [], env: { ...passed, ...server.env }, ...common };
}
