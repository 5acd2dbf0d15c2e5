/**
 * What each wire format of the scripted model says about itself, so that the server only routes, checks keys and
 * keeps records.
 */

/** What the model does at one turn; a turn is the number of tool results that the conversation holds. */
export type ScriptedStep =
  /** The CLI's shell runs the command. */
  | { readonly kind: "tool"; readonly command: string }
  /** A tool of an MCP server, by the end of the name under which the CLI offers it. */
  | { readonly kind: "call"; readonly tool: string; readonly input: unknown }
  | { readonly kind: "text"; readonly text: string };

/** The request of a CLI, in the words of any format. */
export interface ModelCall {
  /** Tool results in the conversation so far. */
  readonly turn: number;
  /** The CLI's own shell tool, and the arguments that run a command; null if it offered none (side requests). */
  readonly shellTool: ShellTool | null;
  /** Names of all tools that it offered; a tool in a namespace is `NAMESPACE/NAME`. */
  readonly toolNames: readonly string[];
  readonly isStreaming: boolean;
  /** The text of the whole request, for assertions about prompts. */
  readonly text: string;
}

export interface ShellTool {
  readonly name: string;
  argumentsFor(command: string): unknown;
}

/** One wire format: reads a request, writes an answer. */
export interface ModelFormat {
  readonly provider: "anthropic" | "openai" | "gemini";
  /** Whether the path belongs to this format. */
  matches(pathname: string): boolean;
  read(body: string, url: URL): ModelCall;
  write(call: ModelCall, step: ScriptedStep): Response;
  /** The body of an error in this format's shape. */
  error(status: number, message: string): Response;
}

/** What a step does with a tool: its name as offered and its input; null for a text, or where there is no such tool. */
export function toolUse(
  call: ModelCall,
  step: ScriptedStep,
): { readonly name: string; readonly input: unknown } | null {
  switch (step.kind) {
    case "text":
      return null;
    case "tool":
      return call.shellTool === null
        ? null
        : { name: call.shellTool.name, input: call.shellTool.argumentsFor(step.command) };
    case "call": {
      const name = call.toolNames.find((one) => one.endsWith(step.tool));
      return name === undefined ? null : { name, input: step.input };
    }
  }
}

/** What a step says. */
export function stepText(step: ScriptedStep): string {
  return step.kind === "text" ? step.text : step.kind === "call" ? `there is no tool ${step.tool}` : "";
}

/** Server-sent events, each with its own chunk, as a model sends them. */
export function eventStream(
  events: readonly { readonly event?: string; readonly data: unknown }[],
): Response {
  const encoder = new TextEncoder();
  const chunks = events.map(({ event, data }) =>
    encoder.encode(
      `${event === undefined ? "" : `event: ${event}\n`}data: ${
        typeof data === "string" ? data : JSON.stringify(data)
      }\n\n`,
    )
  );
  return new Response(ReadableStream.from(chunks), { headers: { "content-type": "text/event-stream" } });
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
      else if (properties.command?.type === "array") filled.command = ["bash", "-lc", command];
      else filled.command = command;
      return filled;
    },
  };
}

export interface ToolParameters {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
  readonly required?: readonly string[];
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
