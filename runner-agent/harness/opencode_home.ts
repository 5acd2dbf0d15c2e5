/**
 * What OpenCode wants in its home and environment, in both of its modes. Of the many providers that it knows it gets
 * one: an OpenAI-compatible endpoint that speaks Chat Completions, so it needs the same key and base URL variables as
 * Codex.
 */

import type { AuthConfig, HomeFile, McpServerConfig, ResolvedAuth } from "../agent_ports.ts";
import { mapValues } from "./agent_cli.ts";
import { inAgentHome, SYSTEM_PROMPT_FILE } from "./sandbox_paths.ts";

/** The model when the station names none; OpenCode has no default for a provider that it does not know. */
const DEFAULT_MODEL = "gpt-5";
/** The provider's name inside OpenCode's configuration. */
const PROVIDER = "shopfloor";
const CONFIG_FILE = ".config/opencode/opencode.json";

export const OPENCODE_ENV: Readonly<Record<string, string>> = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
};

/** The name of a model on its command line. */
export function opencodeModel(model: string | null): string {
  return `${PROVIDER}/${model ?? DEFAULT_MODEL}`;
}

/** Configuration over all files. */
export const OPENCODE_CONFIG_VARIABLE = "OPENCODE_CONFIG_CONTENT";

/** What makes another model known beside the one of the home's configuration. */
export function opencodeModelConfig(model: string): Readonly<Record<string, unknown>> {
  return { provider: { [PROVIDER]: { models: { [model]: { name: model } } } } };
}

/**
 * OpenCode installs the types of its plugins with npm before it loads any plugin, and tries for more than a minute where
 * there is no registry; it takes a folder and a lock file for an installation that was made.
 */
const NO_PLUGIN_TYPES: readonly HomeFile[] = [
  {
    path: ".config/opencode/node_modules/nothing_installed.txt",
    text: "Nothing is installed here: our plugin needs no packages.\n",
  },
  {
    path: ".config/opencode/package-lock.json",
    json: { lockfileVersion: 3, packages: { "": { dependencies: { "@opencode-ai/plugin": "*" } } } },
  },
];

/** @param question Whether it may put a question to a person: where nobody is, a question would wait for ever. */
export function opencodeGates(question: "allow" | "deny"): readonly HomeFile[] {
  return [
    {
      path: CONFIG_FILE,
      json: { autoupdate: false, share: "disabled", permission: { "*": "allow", question } },
    },
    ...NO_PLUGIN_TYPES,
  ];
}

export function opencodeAuth(
  { modelBaseUrl, placeholderKey }: AuthConfig,
  model: string | null,
): ResolvedAuth {
  const name = model ?? DEFAULT_MODEL;
  return {
    method: "proxied_key",
    env: { OPENAI_API_KEY: placeholderKey },
    files: [{
      path: CONFIG_FILE,
      json: {
        model: opencodeModel(model),
        small_model: opencodeModel(model),
        enabled_providers: [PROVIDER],
        provider: {
          [PROVIDER]: {
            npm: "@ai-sdk/openai-compatible",
            name: "Shopfloor",
            options: { baseURL: modelBaseUrl, apiKey: "{env:OPENAI_API_KEY}" },
            models: { [name]: { name } },
          },
        },
      },
    }],
  };
}

/** The file of the system prompt is one of its instructions; who writes that file says so here. */
export function opencodeSystemPrompt(): readonly HomeFile[] {
  return [{ path: CONFIG_FILE, json: { instructions: [inAgentHome(SYSTEM_PROMPT_FILE)] } }];
}

export function opencodeMcpServers(servers: Readonly<Record<string, McpServerConfig>>): readonly HomeFile[] {
  return [{ path: CONFIG_FILE, json: { mcp: mapValues(servers, serverOf) } }];
}

function serverOf(server: McpServerConfig): Readonly<Record<string, unknown>> {
  const common = {
    enabled: true,
    ...(server.timeoutMs === undefined ? {} : { timeout: server.timeoutMs }),
  };
  if (server.transport !== "stdio") {
    return { type: "remote", url: server.url, ...(server.headers && { headers: server.headers }), ...common };
  }
  const command = [server.command, ...(server.args ?? [])];
  return { type: "local", command, environment: server.env ?? {}, ...common };
}
