/** `ail init`: puts a template of pipelines into `.ail/` (Pipeline 3.8). Nothing is written unless all of it can be. */
import { dirname, join } from "node:path";
import { type Fault, fault, faultText } from "../../pipeline/fault.ts";
import { TEMPLATES_FOLDER } from "../assets.ts";
import type { Host } from "../host.ts";
import { bundledTemplates, type Template } from "./bundled.ts";
import { fetchTemplate } from "./remote.ts";

export interface InitOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export async function initCommand(
  host: Host,
  source: string | null,
  options: InitOptions,
): Promise<number> {
  const bundled = await bundledTemplates(TEMPLATES_FOLDER);
  const chosen = source ?? (host.isStdinTerminal ? await choose(host, bundled) : null);
  if (chosen === null) {
    host.out(listText(bundled));
    return 0;
  }
  const isUrl = chosen.includes("://") || chosen.startsWith("github:");
  const found = isUrl ? await fetchTemplate(chosen) : named(chosen, bundled);
  if (!found.ok) return refuse(host, found.error);
  const { name, files } = found.value;
  const target = join(host.cwd, ".ail", name);
  const there = options.force === true ? [] : await existing(target, files);
  if (there.length > 0) {
    const shown = there.map((file) => join(".ail", name, file)).join(", ");
    return refuse(
      host,
      fault("ail:config/validation-failed", `these files are there, use --force: ${shown}`),
    );
  }
  if (options.dryRun === true) {
    for (const { path } of files) host.out(`would write ${join(".ail", name, path)}\n`);
    return 0;
  }
  try {
    for (const { path, bytes } of files) {
      await Deno.mkdir(dirname(join(target, path)), { recursive: true });
      await Deno.writeFile(join(target, path), bytes);
      host.out(`wrote ${join(".ail", name, path)}\n`);
    }
    return 0;
  } catch (error) {
    return refuse(host, fault("ail:init/failed", `cannot write into ${target}: ${(error as Error).message}`));
  }
}

function named(name: string, bundled: readonly Template[]) {
  const template = bundled.find((one) => one.name === name || one.aliases.includes(name));
  return template !== undefined ? { ok: true as const, value: template } : {
    ok: false as const,
    error: fault(
      "ail:config/file-not-found",
      `there is no template '${name}': known are ${bundled.map((one) => one.name).join(", ")}`,
    ),
  };
}

async function existing(target: string, files: Template["files"]): Promise<readonly string[]> {
  const there: string[] = [];
  for (const { path } of files) {
    try {
      await Deno.lstat(join(target, path));
      there.push(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return there;
}

/** By its number or name; nothing chosen installs nothing. */
async function choose(host: Host, bundled: readonly Template[]): Promise<string | null> {
  bundled.forEach(({ name, description }, index) => host.err(`  ${index + 1}) ${name}  ${description}\n`));
  host.err("Which template? ");
  const line = await host.lines().next();
  const text = line.done ? "" : line.value.trim();
  return bundled[Number(text) - 1]?.name ?? (text === "" ? null : text);
}

function listText(bundled: readonly Template[]): string {
  const width = Math.max(...bundled.map(({ name }) => name.length));
  return bundled.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join("");
}

function refuse(host: Host, given: Fault): number {
  host.err(`${faultText(given)}\n`);
  return 1;
}
