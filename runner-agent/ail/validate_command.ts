/** `ail validate`: is the pipeline right? All faults of its files at once (Pipeline 3.1). */
import type { Pipeline } from "../pipeline/ast.ts";
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
    tellWarnings(host, pipeline);
    host.out(
      isJson
        ? `${JSON.stringify({ valid: true, step_count: count })}\n`
        : `Pipeline valid: ${count} step(s)\n`,
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

/** Checks again whenever a file beside those of the pipeline changes, until Ctrl-C. */
async function watch(
  host: Host,
  loader: Loader,
  first: Found,
  path: string,
  options: ValidateOptions,
): Promise<number> {
  const chain = first.kind === "loaded" ? first.pipeline.chain : [path];
  const folders = [...new Set(chain.map((file) => file.replace(/\/[^/]*$/, "") || "/"))];
  const watcher = Deno.watchFs(folders.map((folder) => folder.startsWith("/") ? folder : host.cwd));
  const interruption = onInterrupt(() => watcher.close());
  let code = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = async () => {
    code = tell(host, await loader.find(path, null), options.outputFormat === "json");
  };
  for await (const event of watcher) {
    if (event.kind === "access" || !event.paths.some((file) => /\.(ya?ml|json)$/.test(file))) continue;
    // Editors write a file in several steps.
    clearTimeout(timer);
    timer = setTimeout(check, 100);
  }
  clearTimeout(timer);
  interruption.stop();
  return code;
}
