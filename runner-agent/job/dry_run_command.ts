/** `runner create --dry-run`: the files that it is given, and what it prints. */
import { z } from "zod";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { CreateOptions, RunConfig } from "../config.ts";
import { dryRun } from "./dry_run.ts";

const card = z.looseObject({ title: z.string().optional(), description: z.string().optional() });
/** A station as a line has it; what a job takes from its trigger is what is looked at. */
const operatorConfig = z.record(z.string(), z.unknown());
const station = z.looseObject({
  id: z.string().optional(),
  operatorConfig: operatorConfig.optional(),
  trigger: z.looseObject({
    promptTemplate: z.string().optional(),
    appendSystemPrompt: z.string().optional(),
    autoGit: z.boolean().optional(),
    operatorConfig: operatorConfig.optional(),
  }).optional(),
});

/**
 * The text to print.
 *
 * @param project `owner/project` of whose settings and variables it is; null: none.
 * @throws RangeError for what the person must put right.
 */
export async function createText(
  config: RunConfig,
  options: CreateOptions,
  project: string | null,
  host: { readonly uid: number; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<string> {
  if (options.dryRun !== true) {
    throw new RangeError(
      "Cannot create an agent by hand as a run begins with a card on a line: use --dry-run to see what it would be",
    );
  }
  const given = await readJson("--card", options.card, card);
  const at = await readJson("--station", options.station, station);
  const trigger = at?.trigger;
  const work: Partial<AgentDefinition> = {
    ...(at?.id === undefined ? {} : { stageId: at.id }),
    prompt: trigger?.promptTemplate ?? given?.description ?? given?.title ?? "",
    appendSystemPrompt: trigger?.appendSystemPrompt ?? "",
    autoGit: trigger?.autoGit ?? false,
    operatorConfig: {
      ...at?.operatorConfig,
      ...trigger?.operatorConfig,
      ...(options.template === undefined ? {} : { template: options.template }),
      ...(options.agent === undefined ? {} : { agent: options.agent }),
    },
  };
  const [owner = "owner", name = "project"] = project?.split("/") ?? [];
  const made = await dryRun(config, {
    work,
    taskTitle: given?.title ?? "",
    repositoryDir: options.repository ?? null,
    owner,
    project: name,
  }, host);
  if (!made.ok) throw new RangeError(made.error);
  return JSON.stringify(made.value, null, 2);
}

async function readJson<T>(
  option: string,
  path: string | undefined,
  schema: z.ZodType<T>,
): Promise<T | null> {
  if (path === undefined) return null;
  try {
    return schema.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (error) {
    const why = error instanceof z.ZodError
      ? error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")
      : error instanceof Error
      ? error.name
      : "unknown";
    throw new RangeError(
      `Cannot create as ${option} must be a file of JSON: current value is ${path} (${why})`,
    );
  }
}
