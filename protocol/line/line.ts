/**
 * An assembly line on the wire (Line 2.1 to 2.4): stations in order, transition rules, gates. Parsing also checks
 * what no single field can tell: references, duplicates and bounds (Line 7).
 */
import { z } from "zod";
import type { GateId, LineId, StationId } from "../ids.ts";
import {
  FILE_PATH_MAX_BYTES,
  FILE_PATH_PART_MAX_BYTES,
  GATES_MAX,
  IDLE_TIMEOUT_DEFAULT_MINUTES,
  LINE_FILES_MAX,
  LINE_FILES_MAX_BYTES,
  LINE_PLUGINS_MAX,
  MAX_TIMEOUT_CEILING_MINUTES,
  MAX_TIMEOUT_DEFAULT_MINUTES,
  PROMPT_MAX_BYTES,
  PROMPT_VARIABLES_MAX,
  RULES_MAX,
  STATIONS_MAX,
} from "../limits.ts";
import { capability } from "../agent/subtask.ts";
import { AGENT_NAMES } from "./agent_names.ts";
import { renameKeys } from "./aliases.ts";
import { description, labels, name, pageQuery, publicUrl, textUpToBytes } from "./fields.ts";
import { commitBackRepository, jobFields } from "./job_fields.ts";
import { readPipelineWish } from "./station_pipeline.ts";

const minutes = z.number().positive().max(MAX_TIMEOUT_CEILING_MINUTES);

/** How the operator and its agent are set up; unknown keys of other implementations are kept as they are. */
const operatorConfig = z.looseObject({
  agent: z.enum(AGENT_NAMES).optional(),
  model: z.string().max(200).optional(),
  /** Our extension: the template that the agent is made of (Runtime 1.6), the project's before the runner's. */
  template: z.string().regex(/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, {
    error: "expected letters a-z, digits, '-' and '_'",
  }).optional(),
  /** Our extension: how the agent is driven; the runner's choice when absent (Runtime 2.2.9). */
  transport: z.enum(["auto", "tmux", "structured"]).optional(),
  /** Our extension: the shell script that the `command` harness runs. */
  command: textUpToBytes(PROMPT_MAX_BYTES).optional(),
  /** Our extension: the pipeline that the agent follows: a file of the project's, the pipeline's own text, or `none`. */
  pipeline: textUpToBytes(PROMPT_MAX_BYTES).refine(
    (value) => readPipelineWish(value).kind !== "wrong",
    { error: "expected a path below the worktree, the text of a pipeline, or 'none'" },
  ).optional(),
  commitBackRepository: commitBackRepository.optional(),
  /** Our extension: what the agent may do with subtasks; `implementor` when absent (Runtime 3.4). */
  capability: capability.exclude(["operator"]).optional(),
});

const trigger = z.strictObject({
  type: z.enum(["dispatch_worker", "none"]).default("none"),
  labels: labels.default([]),
  needs: labels.default([]),
  promptTemplate: textUpToBytes(PROMPT_MAX_BYTES).refine(
    (template) => (template.match(/\{\{\s*task\./g)?.length ?? 0) <= PROMPT_VARIABLES_MAX,
    { error: `expected at most ${PROMPT_VARIABLES_MAX} uses of the task's variables` },
  ).default(""),
  appendSystemPrompt: textUpToBytes(PROMPT_MAX_BYTES).default(""),
  idleTimeoutMinutes: minutes.default(IDLE_TIMEOUT_DEFAULT_MINUTES),
  maxTimeoutMinutes: minutes.default(MAX_TIMEOUT_DEFAULT_MINUTES),
  initBranch: z.boolean().default(false),
  autoGit: z.boolean().default(false),
  commitMessageTemplate: z.string().max(2_000).default(""),
  createAssemblyLineRepo: z.boolean().default(false),
  produceArtifact: z.boolean().optional(),
  operatorConfig: operatorConfig.optional(),
  pluginIds: z.array(z.string().max(200)).max(100).optional(),
  ...jobFields,
});

const station = z.strictObject({
  id: name<StationId>(),
  name: z.string().trim().min(1).max(200),
  order: z.number().int().optional(),
  /** Ours: how a task ends that comes to this station of type `none` without rules; `completed` when absent. */
  terminalStatus: z.enum(["completed", "failed"]).optional(),
  trigger: aliased("trigger", trigger).prefault({}),
  operatorConfig: operatorConfig.optional(),
  pluginIds: z.array(z.string().max(200)).max(100).optional(),
});

/** A gate may carry a `tool` draft and `enabled` (Line 2.3): kept, not executed; `enabled: false` passes through. */
const gate = z.looseObject({
  id: name<GateId>(),
  name: z.string().trim().min(1).max(200),
  description: z.string().max(10_000).optional(),
  requiresApproval: z.boolean().default(true),
  enabled: z.boolean().optional(),
  notifyEmails: z.array(z.email()).max(50).optional(),
});

/** Conditions that are announced for a later version of the protocol (Line 7): refused by name, never ignored. */
const ANNOUNCED_CONDITIONS = ["agentic", "hook"];

const condition = z.enum(["success", "failure", "cancelled", "any"], {
  error: ({ input }) => {
    const expected = 'expected one of "success"|"failure"|"cancelled"|"any"';
    if (ANNOUNCED_CONDITIONS.includes(input as string)) {
      return `${expected}, came '${input}', which is announced for a later version of the protocol and not executed`;
    }
    if (typeof input === "object" && input !== null) {
      return `${expected}, came an object: conditions with an evaluator are a draft of the protocol and not executed`;
    }
    return undefined;
  },
});

const rule = z.strictObject({
  id: z.string().min(1).max(100).optional(),
  fromStationId: name<StationId>(),
  toStationId: name<StationId>(),
  condition,
  gateId: name<GateId>().optional(),
});

/** Files that travel with a line to each of its jobs: path below the workspace -> content. */
export const filesSchema = z.record(
  textUpToBytes(FILE_PATH_MAX_BYTES).refine(isRelativePath, {
    error: "expected a path below the workspace, without '..' and without a leading '/'",
  }),
  textUpToBytes(LINE_FILES_MAX_BYTES),
).refine((map) => Object.keys(map).length <= LINE_FILES_MAX, {
  error: `expected at most ${LINE_FILES_MAX} files`,
}).refine((map) => sizeOf(Object.values(map)) <= LINE_FILES_MAX_BYTES, {
  error: `expected at most ${LINE_FILES_MAX_BYTES} bytes of files`,
});

function sizeOf(texts: readonly string[]): number {
  const encoder = new TextEncoder();
  return texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

/** A path of an ordinary file: what it names lies below where it is put, on every system. */
export function isRelativePath(path: string): boolean {
  return path !== "" && !path.includes("\\") && !path.includes("\0") &&
    path.split("/").every((part) =>
      part !== "" && part !== "." && part !== ".." && part.toLowerCase() !== ".git" &&
      sizeOf([part]) <= FILE_PATH_PART_MAX_BYTES
    );
}

/** Where a plugin is fetched from by runners, which have their own credentials: its address holds none (S1). */
const plugin = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,199}$/, {
    error: "expected an id of letters, digits, '.', '_' and '-', as it is the name of a folder",
  }),
  name: z.string().max(200).optional(),
  sourceUrl: publicUrl,
});

/** A line as a client sends it. `owner` and `project` may stand in it but must agree with the path. */
export const lineInput = aliased(
  "line",
  z.strictObject({
    id: name<LineId>().optional(),
    name: z.string().trim().min(1).max(200),
    description: z.string().max(20_000).optional(),
    version: z.string().max(100).optional(),
    owner: z.string().optional(),
    project: z.string().optional(),
    devcontainerTemplate: z.looseObject({ id: z.string().optional(), source: z.string().optional() })
      .optional(),
    /** Ours: what the `pluginIds` of its stations stand for; others' ids stay what they are, and nothing is fetched. */
    plugins: z.array(plugin).max(LINE_PLUGINS_MAX).refine(
      (plugins) => new Set(plugins.map(({ id }) => id)).size === plugins.length,
      { error: "expected each plugin id once" },
    ).optional(),
    /** Of `.agentics/devcontainer/`, as files of `.devcontainer/` (Line 2.7, 2.11). */
    devcontainerFiles: filesSchema.optional(),
    /** Of `.agentics/specs/`. */
    agenticsSpecFiles: filesSchema.optional(),
    /** Of `.agentics/init.json`: what a form for a new task starts with. */
    init: z.looseObject({
      createTask: z.looseObject({
        title: z.string().max(1_000).optional(),
        description: description.optional(),
      })
        .optional(),
    }).optional(),
    stations: z.array(station).min(1).max(STATIONS_MAX),
    transitionRules: z.array(aliased("rule", rule)).max(RULES_MAX).default([]),
    gates: z.array(gate).max(GATES_MAX).default([]),
  }).superRefine(checkReferences),
);

/** POST .../assembly-lines/import: a `.agentics/` folder by its files, or by the repository that has it (Line 2.11). */
export const lineImport = z.strictObject({
  files: z.record(z.string().max(1_000), z.string()).optional(),
  gitUrl: z.string().min(1).max(2_000).optional(),
  ref: z.string().min(1).max(300).optional(),
}).refine((body) => (body.files === undefined) !== (body.gitUrl === undefined), {
  error: "expected 'files', or 'gitUrl' and maybe 'ref'",
});

/** GET .../assembly-lines/{line}/versions. A cursor is the number of the last version of the page before. */
export const lineVersionsQuery = pageQuery.extend({
  cursor: z.string().regex(/^[1-9]\d{0,14}$/, { error: "expected the 'nextCursor' of the page before" })
    .optional(),
});

export type LineInput = z.infer<typeof lineInput>;
export type Station = LineInput["stations"][number];
export type Gate = LineInput["gates"][number];

interface References {
  readonly stations: readonly { readonly id: string }[];
  readonly gates: readonly { readonly id: string }[];
  readonly transitionRules: readonly {
    readonly fromStationId: string;
    readonly toStationId: string;
    readonly condition: string;
    readonly gateId?: string | undefined;
  }[];
}

/** Line 7 item 8 and A7: unknown targets and duplicate rules are refused when the line is defined, not when it runs. */
function checkReferences(line: References, context: z.core.$RefinementCtx): void {
  const issue = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  const stationIds = new Set<string>();
  line.stations.forEach((s, i) => {
    if (stationIds.has(s.id)) {
      issue(["stations", i, "id"], `expected a station id used once, came '${s.id}' again`);
    }
    stationIds.add(s.id);
  });
  const gateIds = new Set<string>();
  line.gates.forEach((g, i) => {
    if (gateIds.has(g.id)) issue(["gates", i, "id"], `expected a gate id used once, came '${g.id}' again`);
    gateIds.add(g.id);
  });
  const seen = new Set<string>();
  line.transitionRules.forEach((r, i) => {
    const at = (field: string) => ["transitionRules", i, field];
    for (const field of ["fromStationId", "toStationId"] as const) {
      if (!stationIds.has(r[field])) {
        issue(at(field), `expected the id of a station of this line, came '${r[field]}'`);
      }
    }
    if (r.gateId !== undefined && !gateIds.has(r.gateId)) {
      issue(at("gateId"), `expected the id of a gate of this line, came '${r.gateId}'`);
    }
    const key = JSON.stringify([r.fromStationId, r.condition]);
    if (seen.has(key)) {
      issue(
        at("condition"),
        `expected one rule per station and condition, came '${r.condition}' of '${r.fromStationId}' again`,
      );
    }
    seen.add(key);
  });
}

/** Puts the alias translation in front of a schema; a conflict becomes an ordinary issue. */
function aliased<T extends z.ZodType>(kind: Parameters<typeof renameKeys>[0], schema: T) {
  return z.unknown().transform((input, context) => {
    const renamed = renameKeys(kind, input);
    if (renamed.ok) return renamed.value;
    context.addIssue({
      code: "custom",
      path: [renamed.error.alias],
      message: `expected the same value as in '${renamed.error.name}', of which it is another spelling`,
    });
    return z.NEVER;
  }).pipe(schema);
}
