/**
 * The settings of a runner (Runtime 1.10), resolved to one type, each value with where it came from.
 *
 * 1. Levels, the later one wins: built-in, global file, its section of the project, environment, option, station.
 * 2. `env` is merged by name over all levels.
 * 3. A station may make a budget smaller, never larger.
 */
import type { AgentBudget } from "../domain/agent/budget.ts";
import {
  DISK_MAX_BYTES,
  SANDBOX_CPUS,
  SANDBOX_MEMORY_BYTES,
  SANDBOX_PIDS,
  TASK_BRANCH_FORM,
} from "../limits.ts";
import type { HarnessName, NetworkProfile } from "../ports.ts";

/** Each setting by its key, with the type of its value. */
export interface SettingValues {
  /** Null: where this machine keeps such things. */
  readonly "data_dir": string | null;
  readonly "runtime.backend": "podman" | "process";
  readonly "runtime.image": string;
  readonly "runtime.network": NetworkProfile;
  readonly "runtime.allow_open_network": boolean;
  readonly "defaults.harness": HarnessName | null;
  readonly "defaults.template": string | null;
  readonly "defaults.transport": "auto" | "tmux" | "structured";
  readonly "defaults.model": string | null;
  /** Agents of a project begin with what others have remembered, on whatever machine; no station may say so. */
  readonly "defaults.shared_memory": boolean;
  /** What a task's branch is called, with `{taskId}` in it. */
  readonly "worktrees.branch": string;
  /** Null: below the data directory. */
  readonly "worktrees.location": string | null;
  /** Copy what `.worktreeinclude` of a project on this machine names; no station may say so. */
  readonly "worktrees.include": boolean;
  /** A shell script that runs in the sandbox before the agent. */
  readonly "worktrees.setup": string | null;
  /** Paths of the worktree whose content no sandbox shows. */
  readonly "workspace.shadows": readonly string[];
  readonly "limits.memory": number;
  readonly "limits.cpus": number;
  readonly "limits.pids": number;
  readonly "limits.disk": number;
  readonly "budgets.tokens": number | null;
  readonly "budgets.cost_usd": number | null;
  readonly "budgets.turns": number | null;
  readonly "budgets.time": number | null;
}
export type SettingKey = keyof SettingValues;

/** Local name of the image; `{harness}` in it becomes the job's harness. */
export const DEFAULT_IMAGE = "localhost/shopfloor-agent:latest";

export const BUILT_IN: SettingValues = {
  "data_dir": null,
  "runtime.backend": "podman",
  "runtime.image": DEFAULT_IMAGE,
  "runtime.network": "sealed",
  "runtime.allow_open_network": false,
  "defaults.harness": null,
  "defaults.template": null,
  "defaults.transport": "auto",
  "defaults.model": null,
  "defaults.shared_memory": false,
  "worktrees.branch": TASK_BRANCH_FORM,
  "worktrees.location": null,
  "worktrees.include": false,
  "worktrees.setup": null,
  "workspace.shadows": [],
  "limits.memory": SANDBOX_MEMORY_BYTES,
  "limits.cpus": SANDBOX_CPUS,
  "limits.pids": SANDBOX_PIDS,
  "limits.disk": DISK_MAX_BYTES,
  "budgets.tokens": null,
  "budgets.cost_usd": null,
  "budgets.turns": null,
  "budgets.time": null,
};
export const SETTING_KEYS = Object.keys(BUILT_IN) as readonly SettingKey[];

const NARROWED_BY_STATION: ReadonlySet<SettingKey> = new Set<SettingKey>([
  "budgets.tokens",
  "budgets.cost_usd",
  "budgets.turns",
  "budgets.time",
]);

/** What one level says. */
export interface SettingsLayer {
  readonly level: "global" | "project" | "environment" | "option" | "station";
  readonly values: {
    readonly [K in SettingKey]?: { readonly value: SettingValues[K]; readonly from: string };
  };
  readonly env: Readonly<Record<string, { readonly value: string; readonly from: string }>>;
}

export interface ResolvedSettings {
  readonly values: SettingValues;
  /** Variables of every sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** Where each value came from; `built-in` for what nobody said. */
  readonly from: Readonly<Record<SettingKey, string>>;
  readonly envFrom: Readonly<Record<string, string>>;
}

/** @param layers In the order of {@link SettingsLayer.level}; later ones win. */
export function resolveSettings(layers: readonly SettingsLayer[]): ResolvedSettings {
  const values: Record<string, unknown> = { ...BUILT_IN };
  const from: Record<string, string> = Object.fromEntries(SETTING_KEYS.map((key) => [key, "built-in"]));
  const env: Record<string, string> = {};
  const envFrom: Record<string, string> = {};
  for (const layer of layers) {
    for (const key of SETTING_KEYS) {
      const said = layer.values[key];
      if (said === undefined) continue;
      const isWider = layer.level === "station" && NARROWED_BY_STATION.has(key) &&
        !isNarrower(said.value as number | null, values[key] as number | null);
      if (isWider) continue;
      values[key] = said.value;
      from[key] = said.from;
    }
    for (const [name, said] of Object.entries(layer.env)) {
      env[name] = said.value;
      envFrom[name] = said.from;
    }
  }
  return {
    values: values as unknown as SettingValues,
    env,
    from: from as Record<SettingKey, string>,
    envFrom,
  };
}

/** Null is no limit. */
function isNarrower(value: number | null, than: number | null): boolean {
  return value !== null && (than === null || value < than);
}

export function budgetOf({ values }: ResolvedSettings): AgentBudget {
  return {
    tokens: values["budgets.tokens"],
    costUsd: values["budgets.cost_usd"],
    turns: values["budgets.turns"],
    wallMs: values["budgets.time"],
  };
}
