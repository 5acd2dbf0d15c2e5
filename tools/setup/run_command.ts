/** Runs a program to its end and returns what it said; the set-up's only way to start one. */

/** How a command ended. `code` is 127 when the program does not exist and 124 when it took too long. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a run. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Never throws for a command that fails: the caller knows what failing means. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const abort = new AbortController();
  const timer = options.timeoutMs === undefined
    ? undefined
    : setTimeout(() => abort.abort(), options.timeoutMs);
  try {
    const output = await new Deno.Command(program, {
      args: [...args],
      env: options.env,
      cwd: options.cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: abort.signal,
    }).output();
    const decoder = new TextDecoder();
    return {
      code: abort.signal.aborted ? 124 : output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { code: 127, stdout: "", stderr: `${program}: not found` };
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that must succeed; the message of the exception ends with what it said on stderr. */
export async function mustRun(
  action: string,
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(program, args, options);
  if (result.code === 0) return result.stdout;
  throw new Error(
    `Cannot ${action} as ${program} must succeed: current exit code is ${result.code}: ${
      result.stderr.trim().slice(-2000)
    }`,
  );
}
