/** What went wrong with a run, in words for people, without our secrets. */
import { redactText } from "../domain/redaction.ts";
import type { WorktreeError } from "../ports.ts";

/** What a fault of the host says. */
export function faultText(secrets: readonly string[], error: unknown): string {
  return redactText(error instanceof Error ? error.message : "unknown fault", secrets);
}

export function worktreeText(secrets: readonly string[], error: WorktreeError): string {
  return redactText(plainText(error), secrets);
}

function plainText(error: WorktreeError): string {
  switch (error.reason) {
    case "repository_not_allowed":
      return `the repository '${error.url}' is not allowed: ${error.hint}`;
    case "git_failed":
      return `git cannot ${error.action} (exit code ${error.exitCode}): ${error.stderr.trim()}`;
    case "file_refused":
      return `the file '${error.path}' of the job cannot be placed: ${error.hint}`;
    case "plugin_failed":
      return `the plugin '${error.pluginId}' cannot be fetched: ${error.detail}`;
    case "branch_taken":
      return `the branch '${error.branch}' is taken: ${error.hint}`;
    case "include_refused":
      return `the files of .worktreeinclude cannot be copied: ${error.hint}`;
    case "submodule_refused":
      return `the submodule '${error.path}' cannot be checked out: ${error.hint}`;
  }
}
