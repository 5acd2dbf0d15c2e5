/**
 * Tool policies for agents other than Claude Code (Pipeline s05.8, r01). A policy names tools as Claude Code does, as that
 * is what pipelines are written for; the agent's own names are understood, too.
 *
 * | in a policy | means |
 * | --- | --- |
 * | `Bash` | the agent's tool for it |
 * | `mcp__SERVER__TOOL` | that tool of an MCP server, by the agent's way to name it |
 * | `Bash(git *)`, `Bash(git:*)` | commands that begin so |
 * | `Bash(git status)` | denied: commands that begin so; allowed: not supported |
 * | `Edit(./src/*)` and other arguments | denied: the whole tool; allowed: not supported |
 *
 * What cannot be said to an agent is never said wider than it was meant: it is left out of what is allowed, and taken whole
 * into what is denied; both are told.
 */
import { policyForm } from "./backend_policy.ts";
import type { PromptCall } from "./effect.ts";

export interface ToolRule {
  readonly decision: "allow" | "deny";
  /** The agent's name of it. */
  readonly tool: string;
  /** Only commands that begin so; null: all uses. */
  readonly commandPrefix: string | null;
}

export interface ToolRules {
  /** No tool at all: there are no rules then. */
  readonly isNone: boolean;
  /** What is allowed, then what is denied, which wins. */
  readonly rules: readonly ToolRule[];
  readonly warnings: readonly string[];
}

/** How an agent names its tools. */
export interface ToolNames {
  /** The backend. */
  readonly name: string;
  /** By Claude Code's names. */
  readonly tools: Readonly<Record<string, string>>;
  readonly shell: string;
  mcp(server: string, tool: string): string;
}

const CLAUDE_SHELL = "Bash";

export function toolRules(call: PromptCall, names: ToolNames): ToolRules {
  const policy = policyForm(call.tools);
  if (policy.kind === "none") return { isNone: true, rules: [], warnings: [] };
  const allow = policy.kind === "allow" || policy.kind === "mixed" ? policy.allow : [];
  const deny = policy.kind === "deny" || policy.kind === "mixed" ? policy.deny : [];
  const rules: ToolRule[] = [];
  const warnings: string[] = [];
  const warn = (pattern: string, what: string) =>
    warnings.push(
      `step '${call.stepId}': the backend '${names.name}' does not support the pattern '${pattern}' of the tool policy: ${what}`,
    );
  for (const pattern of allow) {
    const rule = readPattern(pattern, names);
    if (rule.isExact) rules.push({ decision: "allow", tool: rule.tool, commandPrefix: rule.commandPrefix });
    else warn(pattern, "not allowed by it");
  }
  for (const pattern of deny) {
    const rule = readPattern(pattern, names);
    if (!rule.isExact && rule.commandPrefix === null) warn(pattern, `all of '${rule.tool}' is denied`);
    rules.push({ decision: "deny", tool: rule.tool, commandPrefix: rule.commandPrefix });
  }
  return { isNone: false, rules, warnings };
}

/** `isExact`: the rule means no more than the pattern. */
function readPattern(
  pattern: string,
  names: ToolNames,
): { readonly tool: string; readonly commandPrefix: string | null; readonly isExact: boolean } {
  const bracket = pattern.endsWith(")") ? pattern.indexOf("(") : -1;
  const named = bracket === -1 ? pattern : pattern.slice(0, bracket);
  const tool = toolName(named.trim(), names);
  const argument = bracket === -1 ? "" : pattern.slice(bracket + 1, -1).trim();
  if (argument === "" || argument === "*" || argument === ":*") {
    return { tool, commandPrefix: null, isExact: true };
  }
  if (tool !== names.shell) return { tool, commandPrefix: null, isExact: false };
  const prefix = argument.replace(/(:| )\*$/, "").trim();
  const isPlain = prefix !== "" && !/[*?]/.test(prefix);
  return { tool, commandPrefix: isPlain ? prefix : null, isExact: isPlain && prefix !== argument };
}

function toolName(name: string, names: ToolNames): string {
  if (name === CLAUDE_SHELL) return names.shell;
  if (Object.hasOwn(names.tools, name)) return names.tools[name]!;
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server === undefined || tool === undefined ? name : names.mcp(server, tool);
}
