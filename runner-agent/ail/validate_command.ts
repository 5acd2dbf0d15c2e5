/** `ail validate`: is the pipeline right? All faults of its files at once (Pipeline 3.1). */
import { dirname, resolve } from "node:path";
import type { ChainEntry, Pipeline } from "../pipeline/ast.ts";
import { type Fault, fault, faultText } from "../pipeline/fault.ts";
import { ambiguousText, tellOverlooked, tellWarnings } from "./find_pipeline.ts";
import type { Host } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { type Found, Loader } from "./loader.ts";

export interface ValidateOptions {
  readonly pipeline?: string;
  readonly outputFormat?: "text" | "json";
  readonly watch?: boolean;
}

export async function validateCommand(host: Host, options: ValidateOptions): Promise<number> {
  const loader = await Loader.of(host);
  const found = await loader.find(options.pipeline ?? null, null);
  const code = tell(host, found, options.outputFormat === "json");
  if (options.watch !== true) return code;
  const path = found.kind === "loaded"
    ? found.pipeline.source
    : found.kind === "faulty"
    ? options.pipeline ?? null
    : null;
  return path === null ? code : await watch(host, loader, found, path, options);
}

function tell(host: Host, found: Found, isJson: boolean): number {
  const verdict = verdictOf(found);
  if (found.kind === "passthrough") tellOverlooked(host, found.overlooked);
  if (verdict.ok) {
    const { value: pipeline } = verdict;
    const count = pipeline.steps.length;
    const over = pipeline.stacked ?? [];
    const layers = over.length === 0 ? {} : { layers: over };
    tellWarnings(host, pipeline);
    host.out(
      isJson
        ? `${JSON.stringify({ valid: true, step_count: count, ...layers })}\n`
        : `Pipeline valid: ${count} step(s)\n${over.map((path) => `  over ${path}\n`).join("")}`,
    );
    return 0;
  }
  if (isJson) host.out(`${JSON.stringify({ valid: false, errors: verdict.error.map(errorOf) })}\n`);
  else for (const one of verdict.error) host.err(`${faultText(one)}\n`);
  return 1;
}

function verdictOf(found: Found):
  | { readonly ok: true; readonly value: Pipeline }
  | { readonly ok: false; readonly error: readonly Fault[] } {
  switch (found.kind) {
    case "loaded":
      return { ok: true, value: found.pipeline };
    case "faulty":
      return { ok: false, error: found.faults };
    case "passthrough":
      return { ok: false, error: [fault("ail:config/file-not-found", "No pipeline file found.")] };
    case "ambiguous":
      return {
        ok: false,
        error: [fault("ail:config/validation-failed", ambiguousText(found.candidates).trimEnd())],
      };
  }
}

function errorOf({ type, detail, place }: Fault) {
  return {
    message: detail,
    error_type: type,
    ...(place === null ? {} : { file: place.path, line: place.line, column: place.column }),
  };
}

/** Checks again whenever a file beside those of the pipeline changes, also those that a change brought in, until Ctrl-C. */
async function watch(
  host: Host,
  loader: Loader,
  first: Found,
  path: string,
  options: ValidateOptions,
): Promise<number> {
  const watched = new Map<string, Deno.FsWatcher>();
  const ended = Promise.withResolvers<void>();
  let code = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (folder: string) => {
    const watcher = Deno.watchFs(folder);
    watched.set(folder, watcher);
    for await (const event of watcher) {
      if (event.kind === "access" || !event.paths.some((file) => /\.(ya?ml|json)$/.test(file))) continue;
      // Editors write a file in several steps.
      clearTimeout(timer);
      timer = setTimeout(() => check().catch(ended.reject), 100);
    }
  };
  /** A folder that is not there any more is told of by the check itself. */
  const follow = (found: Found) => {
    for (const folder of foldersOf(found, path, host.cwd)) {
      if (!watched.has(folder)) {
        look(folder).catch((error) => error instanceof Deno.errors.NotFound || ended.reject(error));
      }
    }
  };
  const check = async () => {
    const found = await loader.find(path, null);
    code = tell(host, found, options.outputFormat === "json");
    follow(found);
  };
  const interruption = onInterrupt(ended.resolve);
  try {
    follow(first);
    await ended.promise;
    return code;
  } finally {
    clearTimeout(timer);
    for (const watcher of watched.values()) watcher.close();
    interruption.stop();
  }
}

/** Of its own file, of those that it takes over, and of those that its steps came from or are at fault in. */
function foldersOf(found: Found, path: string, cwd: string): ReadonlySet<string> {
  const files = found.kind === "loaded"
    ? [...found.pipeline.chain, ...filesOf(found.pipeline.steps)]
    : found.kind === "faulty"
    ? found.faults.flatMap(({ place }) => place?.path ?? [])
    : [];
  return new Set([path, ...files].map((file) => dirname(resolve(cwd, file))));
}

function filesOf(steps: readonly ChainEntry[]): readonly string[] {
  return steps.flatMap((step): readonly string[] => [
    ...(step.origin.path === null ? [] : [step.origin.path]),
    ...((step.kind === "do_while" || step.kind === "for_each") && step.body.kind === "steps"
      ? filesOf(step.body.steps)
      : []),
  ]);
}
