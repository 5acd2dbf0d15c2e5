/**
 * The files that a job brings along and that the runner places in the workspace before the agent starts (Line 2.7 and
 * 16): the devcontainer's, the line's specs, its sub-agents, and the prompt; and the places of the task's assets, empty
 * until they are fetched (`task_assets.ts`). Pure.
 *
 * 1. They are the runner's, not the work: git does not show them, and nobody is asked to commit them.
 * 2. A path leads to a place below the workspace and never into `.git`; whether links lie on the way is for the shell.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { JOB_FILE_PATH_MAX_CHARS, JOB_FILES_MAX } from "../limits.ts";
import { agentFiles } from "./agent_files.ts";
import { subagentPromptAppendix } from "./subagent_prompt.ts";
import { assetPaths } from "./task_assets.ts";

export interface JobFile {
  /** Below the workspace, parts separated by a slash. */
  readonly path: string;
  readonly text: string;
  /** Whether it takes the place of the project's own file of that name. */
  readonly mayReplace: boolean;
}

export interface JobFileError {
  readonly reason: "file_refused";
  readonly path: string;
  readonly hint: string;
}

/** Line 16: the name under which an agent finds its prompt. */
export const PROMPT_FILE = "initial-prompt.txt";
/** Beside it: what the station appends to the agent's system prompt, and to the prompts of sub-agents (Line 10.2). */
export const APPEND_SYSTEM_PROMPT_FILE = "append-system-prompt.txt";
export const SUBAGENT_PROMPT_FILE = "subagent-prompt-suffix.txt";
/** Line 2.11: where the line's specs are, if their paths do not say so themselves. */
const SPECS_FOLDER = ".agentics/specs/";

/** All files of a job, or the first that is refused. */
export function jobFiles(work: AgentDefinition): Result<readonly JobFile[], JobFileError> {
  const named = [
    ...Object.entries(work.devcontainerFiles ?? {}),
    ...Object.entries(work.agenticsSpecFiles ?? {}).map(([path, text]) =>
      [path.startsWith(".agentics/") ? path : SPECS_FOLDER + path, text] as const
    ),
    ...agentFiles(work),
  ];
  if (named.length > JOB_FILES_MAX) {
    return refused(`${named.length} files`, `a job may bring at most ${JOB_FILES_MAX}`);
  }
  for (const [path] of named) {
    const fault = pathFault(path);
    if (fault !== null) return refused(path.slice(0, JOB_FILE_PATH_MAX_CHARS), fault);
  }
  const files = new Map<string, JobFile>();
  for (const [path, text] of named) files.set(path, { path, text, mayReplace: true });
  for (const path of assetPaths(work.taskAssets ?? [])) {
    if (!files.has(path)) files.set(path, { path, text: "", mayReplace: true });
  }
  for (const [path, text] of textsOf(work)) {
    if (!files.has(path)) files.set(path, { path, text, mayReplace: false });
  }
  return ok([...files.values()]);
}

/** The station's words to its agent; a prompt is always there. */
function textsOf(work: AgentDefinition): readonly (readonly [path: string, text: string])[] {
  const { appendSystemPrompt } = work;
  const appendix = subagentPromptAppendix(work);
  return [
    [PROMPT_FILE, work.prompt],
    ...(appendSystemPrompt === "" ? [] : [[APPEND_SYSTEM_PROMPT_FILE, appendSystemPrompt] as const]),
    ...(appendix === null ? [] : [[SUBAGENT_PROMPT_FILE, appendix] as const]),
  ];
}

function pathFault(path: string): string | null {
  if (path === "" || path.length > JOB_FILE_PATH_MAX_CHARS) {
    return `its path must have 1 to ${JOB_FILE_PATH_MAX_CHARS} characters`;
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f\\]/.test(path)) return "its path must have no control character and no backslash";
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    return "its path must be relative and must stay below the workspace";
  }
  // Git itself refuses these, also where a file system folds case.
  if (parts.some((part) => /^\.git[ .]*$/i.test(part))) return "its path must not lead into .git";
  return null;
}

function refused(path: string, hint: string): Result<never, JobFileError> {
  return err({ reason: "file_refused", path, hint });
}
