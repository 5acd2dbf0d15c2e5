/** What a station with `autoGit` must not leave behind (Line 2.2), and how an agent is told. Pure. */

/** Paths named to an agent or in a report; more of them help nobody. */
const PATHS_NAMED_MAX = 20;
/** Folders that agent CLIs write into for themselves (Line 16): no part of anybody's work. */
const HARNESS_FOLDERS = [".claude", ".codex", ".gemini", ".opencode"];

/** The paths that count as work of the agent. */
export function workPaths(uncommittedPaths: readonly string[]): readonly string[] {
  return uncommittedPaths.filter((path) =>
    !HARNESS_FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`))
  );
}

/** A sentence that names the paths and how to go on; `commitMessageTemplate` may be empty. */
export function uncommittedText(paths: readonly string[], commitMessageTemplate: string): string {
  const named = paths.slice(0, PATHS_NAMED_MAX).join(", ");
  const more = paths.length > PATHS_NAMED_MAX ? " and more" : "";
  const hint = commitMessageTemplate === "" ? "" : ` with a message like '${commitMessageTemplate}'`;
  return `autoGit is set and changes were not committed: ${named}${more}. Commit them${hint}`;
}
