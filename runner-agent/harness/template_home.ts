/** A template's files of the home, in the form in which the harness's own parts are merged with them. */
import { parse as parseToml } from "smol-toml";
import type { HomeFile, TemplateHomeFile } from "../agent_ports.ts";

/** Files that CLIs keep their configuration in are trees, so that both sides' keys stand; others are texts. */
export function templateHome(files: readonly TemplateHomeFile[]): readonly HomeFile[] {
  return files.map(({ path, text, isExecutable }): HomeFile => {
    const mode = isExecutable ? 0o755 : 0o644;
    const json = path.endsWith(".json") ? treeOf(() => JSON.parse(text)) : null;
    if (json !== null) return { path, json, mode };
    const toml = path.endsWith(".toml") ? treeOf(() => parseToml(text)) : null;
    return toml === null ? { path, text, mode } : { path, toml, mode };
  });
}

function treeOf(parse: () => unknown): Readonly<Record<string, unknown>> | null {
  try {
    const value = parse();
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}
