/** The pipelines that are measured, as files. */
import { join } from "node:path";
import { driveRoutine } from "../../runner-agent/ail/interpreter.ts";
import { performFiles } from "../../runner-agent/ail/files.ts";
import type { Pipeline } from "../../runner-agent/pipeline/ast.ts";
import { loadPipeline } from "../../runner-agent/pipeline/load.ts";
import { SURROUNDINGS } from "./engine_run.ts";

/** A base of so many steps and files over it, each with hooks of every kind. @returns The paths, the last base first. */
export async function writeChain(dir: string, steps: number, deep: number): Promise<readonly string[]> {
  const paths = Array.from({ length: deep }, (_, level) => join(dir, `level${level}.yaml`));
  await Deno.writeTextFile(
    paths[0]!,
    `version: "0.1"\n${DEFAULTS}pipeline:\n${Array.from({ length: steps }, (_, n) => stepText(n)).join("")}`,
  );
  for (let level = 1; level < deep; level++) {
    const at = level * 10;
    await Deno.writeTextFile(
      paths[level]!,
      `FROM: ./level${level - 1}.yaml\npipeline:
  - {override: s${at}, prompt: "level ${level}"}
  - {run_before: s${at + 1}, id: before${level}, prompt: "before {{ last_response }}"}
  - {run_after: s${at + 2}, id: after${level}, context: {shell: "make check"}}
  - {disable: s${at + 3}}
  - {disable: s${at + 4}}
`,
    );
  }
  return paths;
}

const DEFAULTS = `defaults:
  model: m
  tools: {allow: [Read, "Edit(./src/*)"]}
  sampling: {temperature: 0.2, stop_sequences: ["END"]}
`;

function stepText(n: number): string {
  return n % 4 === 0
    ? `  - id: s${n}
    context: {shell: "make lint TARGET=${n}"}
    on_result:
      - {exit_code: any, action: break}
      - {always: true, action: continue}
`
    : `  - id: s${n}
    prompt: |
      Mend what step ${n} found, then say what was done in one sentence.
      What was said before: {{ last_response }}
    condition: "{{ step.invocation.response }} contains 'go'"
    on_error: retry
    max_retries: 2
    tools: {allow: [Read]}
`;
}

/** So many prompts, one after the other. */
export function manySteps(count: number): string {
  const steps = Array.from({ length: count }, (_, n) => `  - {id: s${n}, prompt: "step ${n}"}\n`);
  return `version: "0.1"\npipeline:\n${steps.join("")}`;
}

export function parallelSteps(count: number): string {
  const steps = Array.from(
    { length: count },
    (_, n) => `  - {id: s${n}, async: true, prompt: "step ${n}"}\n`,
  );
  const ids = Array.from({ length: count }, (_, n) => `s${n}`).join(", ");
  return `version: "0.1"\npipeline:\n${steps.join("")}  - {id: all, action: join, depends_on: [${ids}]}\n`;
}

/** Over the array that the backend answers with. */
export const FOR_EACH = `version: "0.1"
pipeline:
  - {id: list, prompt: "list"}
  - {id: each, for_each: {over: "{{ step.list.items }}", steps: [{id: one, prompt: "do {{ for_each.item }}"}]}}
`;

export async function loadFile(path: string): Promise<Pipeline> {
  const loaded = await driveRoutine(loadPipeline(path, SURROUNDINGS), performFiles);
  if (!loaded.ok) throw new Error(loaded.error.map(({ detail }) => detail).join("\n"));
  return loaded.value;
}

export async function loadText(dir: string, text: string): Promise<Pipeline> {
  const path = join(dir, "pipeline.yaml");
  await Deno.writeTextFile(path, text);
  return await loadFile(path);
}
