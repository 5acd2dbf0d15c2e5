/** `settings.yaml` (Runtime 1.10): the words of the file, and of a station. Sizes and times are numbers once they are read. */
import { z } from "zod";
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import { durationMs } from "../domain/agent/duration.ts";
import { sizeBytes } from "../domain/agent/size.ts";
import { CREDENTIAL_NAME, credentialAddress } from "../domain/credential.ts";
import { SETUP_SCRIPT_MAX_BYTES } from "../limits.ts";

function read<T>(expected: string, by: (value: unknown) => T | null) {
  return z.unknown().transform((value, context): T => {
    const result = by(value);
    if (result !== null) return result;
    context.addIssue({ code: "custom", message: `expected ${expected}, came ${JSON.stringify(value)}` });
    return z.NEVER;
  });
}

const atLeast = (min: number, value: number | null) => value !== null && value >= min ? value : null;
const size = read(
  "a size such as 4GiB, at least 16MiB",
  (value) => atLeast(16 * 1024 * 1024, sizeBytes(value)),
);
const time = read("a time such as 90m, at least 1s", (value) => atLeast(1_000, durationMs(value)));
const count = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const path = z.string().min(1).refine((value) => !value.includes("\0"), { error: "expected a path" });
const env = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of a variable" }),
  z.union([z.string(), z.number(), z.boolean()], { error: "expected a text" }).transform(String),
);
const template = z.string().regex(/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, {
  error: "expected the name of a template: letters a-z, digits, '-' and '_'",
});
const image = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/:@{}-]*$/, {
  error: "expected the name of an image",
});
const prefix = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9_-]+)*$/, {
  error: "expected letters, digits, '_', '-' and '/'",
});
/** Plain paths, so that what is hidden is what a person reads here. */
const shadow = z.string().min(1).max(1_000).refine(
  (value) =>
    value.split("/").every((part) => !["", ".", "..", ".git"].includes(part)) && !value.includes("\0"),
  { error: "expected a path of the worktree without '..', such as config/secrets" },
);
const workspace = z.strictObject({ shadows: z.array(shadow).max(100).optional() }).optional();
/** A shell script, which travels as an argument. */
const script = z.string().refine(
  (value) => !value.includes("\0") && new TextEncoder().encode(value).length <= SETUP_SCRIPT_MAX_BYTES,
  { error: `expected a script of at most ${SETUP_SCRIPT_MAX_BYTES} bytes` },
);
const network = z.enum(["sealed", "proxy_only", "open"]);
const transport = z.enum(["auto", "tmux", "structured"]);
const model = z.string().min(1).max(200);

const limits = z.strictObject({
  memory: size.optional(),
  cpus: z.number().positive().max(1_024).optional(),
  pids: z.number().int().min(16).max(1_000_000).optional(),
  disk: size.optional(),
}).optional();
const budgets = z.strictObject({
  tokens: count.optional(),
  cost_usd: z.number().positive().optional(),
  turns: count.optional(),
  time: time.optional(),
}).optional();

/** By name: what jobs may have pushed to, or fetched from, below one address (ADR 0059). */
const credentials = z.record(
  z.string().regex(CREDENTIAL_NAME, { error: "expected a name: letters, digits, '.', '_' and '-'" }),
  z.strictObject({
    address: z.string().refine((value) => credentialAddress(value).ok, {
      error: "expected an https address without user, query or fragment, such as https://git.example/team",
    }),
    command: z.string().min(1).max(10_000).refine((value) => !value.includes("\0"), {
      error: "expected a shell command that prints a token",
    }),
    scheme: z.enum(["basic", "bearer"]).default("basic"),
  }),
).optional();

/** A section of `projects`. */
const project = z.strictObject({
  harness: z.enum(AGENT_NAMES).optional(),
  template: template.optional(),
  transport: transport.optional(),
  model: model.optional(),
  shared_memory: z.boolean().optional(),
  image: image.optional(),
  network: network.optional(),
  worktrees: z.strictObject({
    prefix: prefix.optional(),
    include: z.boolean().optional(),
    setup: script.optional(),
  }).optional(),
  workspace,
  limits,
  budgets,
  env: env.optional(),
});

export const settingsDocument = z.strictObject({
  data_dir: path.optional(),
  runtime: z.strictObject({
    backend: z.enum(["podman", "process"]).optional(),
    image: image.optional(),
    network: network.optional(),
    allow_open_network: z.boolean().optional(),
  }).optional(),
  defaults: z.strictObject({
    harness: z.enum(AGENT_NAMES).optional(),
    template: template.optional(),
    transport: transport.optional(),
    model: model.optional(),
    shared_memory: z.boolean().optional(),
  }).optional(),
  worktrees: z.strictObject({
    prefix: prefix.optional(),
    location: path.optional(),
    include: z.boolean().optional(),
    setup: script.optional(),
  }).optional(),
  workspace,
  limits,
  budgets,
  env: env.optional(),
  credentials,
  projects: z.record(
    z.string().regex(/^[^/\s]+\/[^/\s]+$/, { error: "expected owner/project" }),
    project,
  ).optional(),
});

/** What of a station's `operatorConfig` is a setting. */
export const stationSettings = z.object({
  agent: z.enum(AGENT_NAMES).nullish(),
  template: template.nullish(),
  transport: transport.nullish(),
  model: z.string().nullish(),
  setup: script.nullish(),
  budget: z.object({
    tokens: z.number().positive().nullish(),
    costUsd: z.number().positive().nullish(),
    turns: z.number().positive().nullish(),
    minutes: z.number().positive().nullish(),
  }).nullish(),
});
