/** Finds, among the tools that a CLI declared, the one that a step means. */

import type { ModelCall } from "./format.ts";
import type { AnswerStep } from "./step.ts";

export interface ShellTool {
  readonly name: string;
  argumentsFor(command: string): unknown;
  /** Where the shell is a program of the CLI's that also calls tools which it does not offer: what calls one. */
  callFor?(tool: string, input: unknown): unknown;
}

/** The JSON schema of a tool's parameters, as far as it matters. */
export interface ToolParameters {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly required?: readonly string[] | undefined;
}

/** Claude Code, Gemini CLI, OpenCode, and the names that Codex has used. */
const SHELL_TOOLS: ReadonlySet<string> = new Set([
  "Bash",
  "run_shell_command",
  "bash",
  "exec_command",
  "shell_command",
  "shell",
]);

/** What a step does with a tool: its name as offered and its input; null for a text, or where there is no such tool. */
export function toolUse(
  call: ModelCall,
  step: AnswerStep,
): { readonly name: string; readonly input: unknown } | null {
  switch (step.kind) {
    case "text":
      return null;
    case "tool":
      return call.shellTool === null
        ? null
        : { name: call.shellTool.name, input: call.shellTool.argumentsFor(step.command) };
    case "call": {
      const name = findTool(call.toolNames, step.tool);
      if (name !== null) return { name, input: step.input };
      const called = call.shellTool?.callFor?.(step.tool, step.input);
      return called === undefined || call.shellTool === null
        ? null
        : { name: call.shellTool.name, input: called };
    }
  }
}

/**
 * The offered name of a tool. The CLIs name those of an MCP server `mcp__SERVER__TOOL`, `mcp_SERVER_TOOL`,
 * `NAMESPACE/TOOL` and `SERVER_TOOL`; a whole name comes first.
 */
export function findTool(offered: readonly string[], tool: string): string | null {
  const isWhole = offered.includes(tool);
  return isWhole
    ? tool
    : offered.find((name) => name.endsWith(`_${tool}`) || name.endsWith(`/${tool}`)) ?? null;
}

/** What a step says; a tool that is not there is said, so that a test sees it. */
export function stepText(step: AnswerStep): string {
  return step.kind === "text" ? step.text : step.kind === "call" ? `there is no tool ${step.tool}` : "";
}

/**
 * Finds the shell tool among those that a CLI declared and fills in its required arguments.
 *
 * @param tools name and JSON schema of the parameters of each.
 */
export function findShellTool(
  tools: readonly { readonly name: string; readonly parameters: ToolParameters | undefined }[],
): ShellTool | null {
  const tool = tools.find(({ name }) => SHELL_TOOLS.has(name));
  if (tool === undefined) return null;
  const properties = tool.parameters?.properties ?? {};
  return {
    name: tool.name,
    argumentsFor(command) {
      const filled: Record<string, unknown> = {};
      for (const name of tool.parameters?.required ?? []) filled[name] = "scripted";
      if ("cmd" in properties) filled.cmd = command;
      else if (isArrayType(properties.command)) filled.command = ["bash", "-lc", command];
      else filled.command = command;
      return filled;
    },
  };
}

function isArrayType(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "type" in schema && schema.type === "array";
}
