/** The pipeline of a command, or what is wrong with it told to the person at the terminal (Pipeline s03.1). */
import type { Pipeline } from "../pipeline/ast.ts";
import { type Candidate, overlookedText } from "../pipeline/discover.ts";
import { faultText } from "../pipeline/fault.ts";
import type { Host } from "./host.ts";
import type { Loader } from "./loader.ts";

/** Null when there is none to run; it has been told why. Warnings of the file are told, too. */
export async function findPipeline(
  host: Host,
  loader: Loader,
  named: string | null,
): Promise<Pipeline | null> {
  const found = await loader.find(named, host.isStdinTerminal ? (all) => choose(host, all) : null);
  switch (found.kind) {
    case "passthrough":
      tellOverlooked(host, found.overlooked);
      return found.pipeline;
    case "loaded":
      tellWarnings(host, found.pipeline);
      return found.pipeline;
    case "faulty":
      for (const fault of found.faults) host.err(`${faultText(fault)}\n`);
      return null;
    case "ambiguous":
      host.err(ambiguousText(found.candidates));
      return null;
  }
}

export function tellOverlooked(host: Pick<Host, "err">, overlooked: readonly string[]): void {
  for (const path of overlooked) host.err(`warning: ${overlookedText(path)}\n`);
}

export function ambiguousText(candidates: readonly Candidate[]): string {
  const width = Math.max(...candidates.map(({ name }) => name.length));
  const lines = candidates.map(({ name, path }) => `  ${name.padEnd(width)}  ${path}\n`);
  return `Several pipelines are here: choose one with --pipeline\n${lines.join("")}`;
}

export function tellWarnings(host: Pick<Host, "err">, { warnings }: Pipeline): void {
  for (const { message, place } of warnings) {
    const at = place === null ? "" : ` (${place.path ?? "pipeline"}:${place.line}:${place.column})`;
    host.err(`warning: ${message}${at}\n`);
  }
}

/** By its number; anything else chooses nothing. */
async function choose(host: Host, candidates: readonly Candidate[]): Promise<Candidate | null> {
  candidates.forEach(({ name, path }, index) => host.err(`  ${index + 1}) ${name}  ${path}\n`));
  host.err("Which pipeline? ");
  const line = await host.lines().next();
  return line.done ? null : candidates[Number(line.value.trim()) - 1] ?? null;
}
