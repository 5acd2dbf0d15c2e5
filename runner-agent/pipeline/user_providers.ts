/**
 * `~/.config/ail/providers.yaml`: the user's own aliases of providers (Pipeline s15). A map of them, by itself or under
 * `providers:`, as a pipeline's file has them; a file's alias of the same name is stronger.
 */
import { join } from "node:path/posix";
import type { Provider } from "./ast.ts";
import { perform, type Routine } from "./effect.ts";
import { readProviders } from "./raw_file.ts";
import type { Findings } from "./shape.ts";
import { describe, parseYaml } from "./yaml_tree.ts";

/** None where the file is not there, or empty. What is wrong with it is a fault, with its place. */
export function* readUserProviders(
  home: string,
  findings: Findings,
): Routine<Readonly<Record<string, Provider>>> {
  const path = join(home, ".config/ail/providers.yaml");
  const text = yield* perform<"read_file">({ kind: "read_file", path });
  if (!text.ok && text.error.reason === "not_found") return {};
  if (!text.ok) {
    findings.fault("ail:config/file-not-found", text.error.message, { path, line: 1, column: 1 });
    return {};
  }
  if (text.value.trim() === "") return {};
  const tree = parseYaml(text.value, path);
  if (!tree.ok) {
    findings.faults.push(...tree.error);
    return {};
  }
  const inner = tree.value.kind === "map" ? tree.value.members.get("providers")?.value : undefined;
  const map = inner ?? tree.value;
  if (map.kind !== "map") {
    if (map.kind === "scalar" && map.value === null) return {};
    const detail = `providers must be a map of names: current value is ${describe(map)}`;
    findings.fault("ail:config/invalid-yaml", detail, map.place);
    return {};
  }
  const providers = Object.entries(readProviders(map, findings));
  return Object.fromEntries(providers.map(([name, one]) => [name, { ...one, writtenAs: name }]));
}
