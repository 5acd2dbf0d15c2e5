/** The prompt backends that a run can name (Pipeline r01, r11). */
import { err, ok, type Result } from "../../../protocol/result.ts";
import { BUILT_IN_BACKENDS } from "../../pipeline/backend_manifest.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import type { PromptBackend } from "../ports.ts";
import { fixedBackend } from "../stub_backend.ts";
import { createClaudeBackend } from "./claude.ts";
import { createCodexBackend } from "./codex.ts";
import { createGeminiBackend } from "./gemini.ts";
import { createHttpBackend, HttpSessions } from "./http.ts";
import { createOpenCodeBackend } from "./opencode.ts";
import { createPluginBackend } from "./plugin.ts";
import { discoverPlugins } from "./plugin_discovery.ts";

export interface RegistryOptions {
  /** Where `.ail/runners/` is looked for; null: nowhere. */
  readonly home: string | null;
  /** The words that start this program's command line, for Claude Code's hooks. */
  readonly ail: readonly string[];
  readonly ailVersion: string;
  warn(message: string): void;
}

/** Of one run, or one `stdio` session: its backends share what they remember of conversations. */
export interface BackendRegistry {
  /** Built-in names first, then plugins. */
  readonly names: readonly string[];
  /** In any case, with blanks around it. @returns `ail:runner/not-found` with the known names. */
  find(name: string): Result<PromptBackend, Fault>;
}

export async function createBackendRegistry(options: RegistryOptions): Promise<BackendRegistry> {
  const { home, ail, ailVersion, warn } = options;
  const plugins = home === null ? new Map<string, never>() : await discoverPlugins(home, warn);
  const sessions = new HttpSessions();
  const builtIn: Readonly<Record<typeof BUILT_IN_BACKENDS[number], PromptBackend>> = {
    claude: createClaudeBackend(ail),
    codex: createCodexBackend(),
    http: createHttpBackend("http", sessions),
    ollama: createHttpBackend("ollama", sessions),
    gemini: createGeminiBackend(),
    opencode: createOpenCodeBackend(),
    stub: fixedBackend("stub", "stub response", "stub-session-id"),
  };
  const backends = new Map<string, PromptBackend>([
    ...BUILT_IN_BACKENDS.map((name) => [name, builtIn[name]] as const),
    ...[...plugins].map(([name, manifest]) => [name, createPluginBackend(manifest, ailVersion)] as const),
  ]);
  const names = [...backends.keys()];
  return {
    names,
    find(name) {
      const key = name.trim().toLowerCase();
      const found = backends.get(key);
      return found === undefined
        ? err(
          fault(
            "ail:runner/not-found",
            `Runner '${key}' is not recognized. Known runners: ${names.join(", ")}`,
          ),
        )
        : ok(found);
    },
  };
}
