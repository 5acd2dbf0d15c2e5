/** What the file, a section of it and a station say, as layers with a place for each value. */
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import type { CredentialSetting } from "../domain/credential.ts";
import { type Located, locatedValue, type Problem, readBy, readYaml } from "../template/yaml_document.ts";
import type { SettingKey, SettingsLayer } from "./resolved_settings.ts";
import { settingsDocument, stationSettings } from "./settings_schema.ts";

/** Where a key of the file's top level goes. */
const GLOBAL_KEYS: readonly (readonly [key: SettingKey, path: readonly string[]])[] = [
  ["data_dir", ["data_dir"]],
  ["runtime.backend", ["runtime", "backend"]],
  ["runtime.image", ["runtime", "image"]],
  ["runtime.network", ["runtime", "network"]],
  ["runtime.allow_open_network", ["runtime", "allow_open_network"]],
  ["defaults.harness", ["defaults", "harness"]],
  ["defaults.template", ["defaults", "template"]],
  ["defaults.transport", ["defaults", "transport"]],
  ["defaults.model", ["defaults", "model"]],
  ["defaults.shared_memory", ["defaults", "shared_memory"]],
  ["worktrees.branch", ["worktrees", "prefix"]],
  ["worktrees.location", ["worktrees", "location"]],
  ["worktrees.include", ["worktrees", "include"]],
  ["worktrees.setup", ["worktrees", "setup"]],
];
const BOUND_KEYS: readonly (readonly [SettingKey, readonly string[]])[] = [
  ["workspace.shadows", ["workspace", "shadows"]],
  ["limits.memory", ["limits", "memory"]],
  ["limits.cpus", ["limits", "cpus"]],
  ["limits.pids", ["limits", "pids"]],
  ["limits.disk", ["limits", "disk"]],
  ["budgets.tokens", ["budgets", "tokens"]],
  ["budgets.cost_usd", ["budgets", "cost_usd"]],
  ["budgets.turns", ["budgets", "turns"]],
  ["budgets.time", ["budgets", "time"]],
];
const PROJECT_KEYS: readonly (readonly [SettingKey, readonly string[]])[] = [
  ["defaults.harness", ["harness"]],
  ["defaults.template", ["template"]],
  ["defaults.transport", ["transport"]],
  ["defaults.model", ["model"]],
  ["defaults.shared_memory", ["shared_memory"]],
  ["runtime.image", ["image"]],
  ["runtime.network", ["network"]],
  ["worktrees.branch", ["worktrees", "prefix"]],
  ["worktrees.include", ["worktrees", "include"]],
  ["worktrees.setup", ["worktrees", "setup"]],
];
const STATION_KEYS: readonly (readonly [SettingKey, readonly string[]])[] = [
  ["defaults.harness", ["agent"]],
  ["defaults.template", ["template"]],
  ["defaults.transport", ["transport"]],
  ["defaults.model", ["model"]],
  ["worktrees.setup", ["setup"]],
  ["budgets.tokens", ["budget", "tokens"]],
  ["budgets.cost_usd", ["budget", "costUsd"]],
  ["budgets.turns", ["budget", "turns"]],
  ["budgets.time", ["budget", "minutes"]],
];

/** A settings file: its own layer, and one for each project that it has a section for. */
export interface SettingsFile {
  readonly global: SettingsLayer;
  readonly projects: ReadonlyMap<string, SettingsLayer>;
  /** Of this machine: no section, station or variable adds to them. */
  readonly credentials: readonly CredentialSetting[];
}

export const NO_SETTINGS_FILE: SettingsFile = {
  global: { level: "global", values: {}, env: {} },
  projects: new Map(),
  credentials: [],
};

/** Where the file is: by name, else below XDG's directory. */
export function settingsPath(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const chosen = named ?? env["SHOPFLOOR_SETTINGS"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const config = env["XDG_CONFIG_HOME"];
  const base = config !== undefined && isAbsolute(config)
    ? config
    : join(env["HOME"] ?? homedir(), ".config");
  return join(base, "shopfloor", "settings.yaml");
}

export function readSettings(file: string, text: string): Result<SettingsFile, readonly Problem[]> {
  const at = readYaml(file, text);
  if (!at.ok) return at;
  const document = readBy(at.value, settingsDocument);
  if (!document.ok) return document;
  const inFile = (path: string) => isAbsolute(path) ? path : resolve(dirname(file), path);
  const global = layer("global", at.value, [], document.value, [...GLOBAL_KEYS, ...BOUND_KEYS], inFile);
  const projects = Object.entries(document.value.projects ?? {}).map(([name, section]) =>
    [
      name,
      layer("project", at.value, ["projects", name], section, [...PROJECT_KEYS, ...BOUND_KEYS], inFile),
    ] as const
  );
  const credentials = Object.entries(document.value.credentials ?? {}).map(([name, one]) => ({
    name,
    ...one,
    from: placeOf(at.value, ["credentials", name]),
  }));
  return ok({ global, projects: new Map(projects), credentials });
}

/** What a station says by its `operatorConfig`. Its variables are its template's: they are filled in there. */
export function stationLayer(operatorConfig: unknown): Result<SettingsLayer, readonly Problem[]> {
  const at = locatedValue("the station's operatorConfig", operatorConfig);
  const said = readBy(at, stationSettings);
  if (!said.ok) return said;
  return ok(layer("station", at, [], said.value, STATION_KEYS, (path) => path));
}

function layer(
  level: SettingsLayer["level"],
  at: Located,
  below: readonly string[],
  section: Readonly<Record<string, unknown>>,
  keys: readonly (readonly [SettingKey, readonly string[]])[],
  inFile: (path: string) => string,
): SettingsLayer {
  const place = (path: readonly string[]) => placeOf(at, [...below, ...path]);
  const values: Record<string, { value: unknown; from: string }> = {};
  for (const [key, path] of keys) {
    const value = path.reduce<unknown>(
      (node, part) => (node as Record<string, unknown> | undefined)?.[part],
      section,
    );
    if (value === undefined || value === null || value === "") continue;
    values[key] = { value: translated(level, key, value, inFile), from: place(path) };
  }
  const env = Object.entries((section["env"] ?? {}) as Record<string, string>).map(([name, value]) =>
    [name, { value, from: place(["env", name]) }] as const
  );
  return { level, values: values as SettingsLayer["values"], env: Object.fromEntries(env) };
}

/** File and line. */
function placeOf(at: Located, path: readonly string[]): string {
  const { file, line } = at.problem(path, "", true);
  return line === null ? file : `${file}:${line}`;
}

function translated(
  level: SettingsLayer["level"],
  key: SettingKey,
  value: unknown,
  inFile: (path: string) => string,
): unknown {
  switch (key) {
    case "worktrees.branch":
      return `${value}/{taskId}`;
    case "budgets.time":
      // A station counts in minutes.
      return level === "station" ? Number(value) * 60_000 : value;
    case "data_dir":
    case "worktrees.location":
      return inFile(String(value));
    default:
      return value;
  }
}
