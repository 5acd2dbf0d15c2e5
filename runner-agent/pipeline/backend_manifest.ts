/** What a file in `~/.ail/runners/` says of a plugin (Pipeline r11). */
import { dirname, isAbsolute, join } from "node:path/posix";
import { parse } from "yaml";
import { err, ok, type Result } from "../../protocol/result.ts";
import { type Fields, fieldsOf } from "./backend_fields.ts";
import { PLUGIN_PROTOCOL } from "./backend_plugin.ts";
import { type Fault, fault } from "./fault.ts";

/** Names that no plugin can have, in any case: the reference's, then ours. */
export const BUILT_IN_BACKENDS = [
  "claude",
  "codex",
  "http",
  "ollama",
  "stub",
  "gemini",
  "opencode",
] as const;
const MANIFEST_ENDINGS = [".yaml", ".yml", ".json"];
/** Aliases of YAML would let a small file be a large one. */
const ALIASES_MAX = 16;

export interface PluginManifest {
  readonly name: string;
  readonly version: string;
  /** Absolute, or a bare name for PATH. */
  readonly executable: string;
  readonly args: readonly string[];
  /** As written: `${NAME}` is not yet replaced. */
  readonly env: Readonly<Record<string, string>>;
}

export function isManifestName(file: string): boolean {
  return MANIFEST_ENDINGS.some((ending) => file.endsWith(ending));
}

/** @returns `ail:plugin/manifest-invalid`, with the file and what was expected. */
export function readManifest(path: string, text: string): Result<PluginManifest, Fault> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: ALIASES_MAX });
  } catch (error) {
    return invalid(path, `must be YAML or JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid(path, "must be a map with 'name', 'version' and 'executable'");
  }
  const fields = fieldsOf(value);
  const problem = problemOf(fields);
  if (problem !== null) return invalid(path, problem);
  const { name, version, executable } = fields as Readonly<Record<"name" | "version" | "executable", string>>;
  return ok({
    name,
    version: String(version),
    executable: executable.startsWith("./") || executable.startsWith("../")
      ? join(dirname(path), executable)
      : executable,
    args: ((fields["args"] ?? []) as readonly unknown[]).map(String),
    env: Object.fromEntries(Object.entries(fieldsOf(fields["env"])).map(([key, one]) => [key, String(one)])),
  });
}

function problemOf(fields: Fields): string | null {
  const { name, version, executable, protocol_version: protocol, env, args } = fields;
  const current = (one: unknown) => `current value is ${JSON.stringify(one ?? null)}`;
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]+$/.test(name)) {
    return `'name' must be letters, digits, '-' and '_': ${current(name)}`;
  }
  if ((BUILT_IN_BACKENDS as readonly string[]).includes(name.toLowerCase())) {
    return `'name' must not be one of ${BUILT_IN_BACKENDS.join(", ")}: ${current(name)}`;
  }
  if (!isScalar(version) || String(version).trim() === "") {
    return `'version' must be a text: ${current(version)}`;
  }
  if (typeof executable !== "string" || !isExecutable(executable)) {
    return `'executable' must be an absolute path, one that begins './' or '../', or a bare name: ${
      current(executable)
    }`;
  }
  if (protocol !== undefined && protocol !== null && String(protocol) !== PLUGIN_PROTOCOL) {
    return `'protocol_version' must be "${PLUGIN_PROTOCOL}": ${current(protocol)}`;
  }
  if (args !== undefined && args !== null && !(Array.isArray(args) && args.every(isScalar))) {
    return `'args' must be a list of texts: ${current(args)}`;
  }
  if (env === undefined || env === null) return null;
  return typeof env === "object" && !Array.isArray(env) && Object.values(env).every(isScalar)
    ? null
    : "'env' must be a map of texts";
}

/** A path with a slash in its middle would mean another file in each working directory. */
function isExecutable(text: string): boolean {
  if (text.trim() === "") return false;
  return isAbsolute(text) || text.startsWith("./") || text.startsWith("../") || !text.includes("/");
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function invalid(path: string, problem: string): { readonly ok: false; readonly error: Fault } {
  return err(fault("ail:plugin/manifest-invalid", `${path}: ${problem}`));
}

/** `${NAME}` and `${NAME:-text}` in the values are replaced once; a name that is not set and has no text is empty, and told. */
export function expandEnv(
  env: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): { readonly env: Readonly<Record<string, string>>; readonly unset: readonly string[] } {
  const unset = new Set<string>();
  const expanded = Object.entries(env).map(([key, value]) => [
    key,
    value.replaceAll(
      /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
      (_, name: string, otherwise?: string) => {
        const set = Object.hasOwn(environment, name) ? environment[name] : undefined;
        if (set === undefined && otherwise === undefined) unset.add(name);
        return set ?? otherwise ?? "";
      },
    ),
  ]);
  return { env: Object.fromEntries(expanded), unset: [...unset] };
}
