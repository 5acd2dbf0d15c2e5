/**
 * What Claude Code wants in its home and environment, in both of its modes. Its first-run gates, in order of
 * appearance, and what answers each: onboarding (`hasCompletedOnboarding`), trust in the folder
 * (`hasTrustDialogAccepted`), approval of the key (`customApiKeyResponses`, by the key's last 20 characters), the bypass
 * warning (`bypassPermissionsModeAccepted`, `skipDangerousModePermissionPrompt`), and the refusal to run as uid 0
 * (`IS_SANDBOX`). `mcpServers` in `settings.json` would be ignored (Runtime 2.2.1): they are in `.claude.json`.
 */

import type { AuthConfig, HomeFile, McpServerConfig, ResolvedAuth } from "../agent_ports.ts";
import { type HookCommand, hookEntry, mapValues } from "./agent_cli.ts";

/** Characters of a key by which Claude Code remembers that it was approved. */
const APPROVED_KEY_CHARS = 20;
const STATE_FILE = ".claude.json";
const SETTINGS_FILE = ".claude/settings.json";

/** Nothing but the model is asked for over the network. */
export const CLAUDE_ENV: Readonly<Record<string, string>> = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  DISABLE_TELEMETRY: "1",
  IS_SANDBOX: "1",
};

export function claudeGates(workspacePath: string): readonly HomeFile[] {
  return [
    {
      path: STATE_FILE,
      json: {
        hasCompletedOnboarding: true,
        bypassPermissionsModeAccepted: true,
        projects: { [workspacePath]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
      },
    },
    { path: SETTINGS_FILE, json: { skipDangerousModePermissionPrompt: true } },
  ];
}

/**
 * With an OAuth token of the runner's the CLI is none the wiser: it has a placeholder of a key, and the runner sends a bearer
 * token. On a cloud it speaks the cloud's API without signing in itself, as it does to a gateway.
 */
export function claudeAuth({ modelBaseUrl, placeholderKey, dialect }: AuthConfig): ResolvedAuth {
  if (dialect?.kind === "vertex") {
    return {
      method: "proxied_key",
      env: {
        CLAUDE_CODE_USE_VERTEX: "1",
        CLAUDE_CODE_SKIP_VERTEX_AUTH: "1",
        ANTHROPIC_VERTEX_BASE_URL: `${modelBaseUrl}/v1`,
        ANTHROPIC_VERTEX_PROJECT_ID: dialect.project,
        CLOUD_ML_REGION: dialect.region,
      },
      files: [],
    };
  }
  if (dialect?.kind === "bedrock") {
    return {
      method: "proxied_key",
      env: {
        CLAUDE_CODE_USE_BEDROCK: "1",
        CLAUDE_CODE_SKIP_BEDROCK_AUTH: "1",
        ANTHROPIC_BEDROCK_BASE_URL: modelBaseUrl,
        AWS_REGION: dialect.region,
      },
      files: [],
    };
  }
  const approved = [placeholderKey.slice(-APPROVED_KEY_CHARS)];
  return {
    method: "proxied_key",
    env: { ANTHROPIC_API_KEY: placeholderKey, ANTHROPIC_BASE_URL: modelBaseUrl },
    files: [{ path: STATE_FILE, json: { customApiKeyResponses: { approved, rejected: [] } } }],
  };
}

export function claudeMcpServers(servers: Readonly<Record<string, McpServerConfig>>): readonly HomeFile[] {
  return [{ path: STATE_FILE, json: { mcpServers: mapValues(servers, serverOf) } }];
}

/** `timeoutMs` is of the whole hook; Claude Code counts in seconds. */
export function claudeHooks(events: readonly HookCommand[]): readonly HomeFile[] {
  const hooks = Object.fromEntries(
    events.map((hook) => [hook.event, [hookEntry(hook, hook.timeoutMs / 1_000)]]),
  );
  return [{ path: SETTINGS_FILE, json: { hooks } }];
}

function serverOf(server: McpServerConfig): Readonly<Record<string, unknown>> {
  if (server.transport !== "stdio") {
    return { type: server.transport, url: server.url, ...(server.headers && { headers: server.headers }) };
  }
  // It gives a server the whole environment: nothing is to be let through by name.
  return { type: "stdio", command: server.command, args: server.args ?? [], env: server.env ?? {} };
}
