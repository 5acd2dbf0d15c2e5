/**
 * Fetches the plugins of a job on the host, where their sources can be reached (Line 16).
 *
 * 1. The rules for a source are those for a project's repository (`allowed_repository.ts`).
 * 2. What is fetched is one commit; nothing of it is run here, and its git directory is not shown to the agent.
 * 3. A plugin whose place wants a token is fetched by that alone, without a credential of the host's and no redirect.
 * 4. The first that fails fails all: a station without a plugin that it was made for must not begin.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { isName } from "../../protocol/ids.ts";
import { PLUGINS_MAX } from "../limits.ts";
import type { PluginSource, WorktreeError } from "../ports.ts";
import { resolveOrigin } from "./allowed_repository.ts";
import type { Git } from "./git_command.ts";
import { removeTree, type RunDirectory } from "./run_directory.ts";

/** Fills `plugins/{id}` of a run. */
export async function fetchPlugins(
  git: Git,
  run: RunDirectory,
  plugins: readonly PluginSource[],
  localRoots: readonly string[],
): Promise<Result<null, WorktreeError>> {
  const fail = (pluginId: string, detail: string) =>
    err({ reason: "plugin_failed" as const, pluginId, detail });
  if (plugins.length > PLUGINS_MAX) {
    return fail(plugins[PLUGINS_MAX]!.id, `a job may have at most ${PLUGINS_MAX}`);
  }
  const seen = new Set<string>();
  for (const { id, sourceUrl, authorize } of plugins) {
    if (!isName(id)) return fail(id.slice(0, 100), "its id must be a name");
    if (seen.has(id)) return fail(id, "its id is used twice");
    seen.add(id);
    const source = await resolveOrigin(sourceUrl, localRoots);
    if (!source.ok) {
      return fail(
        id,
        source.error.reason === "repository_not_allowed"
          ? `'${source.error.url}' is not allowed: ${source.error.hint}`
          : source.error.reason,
      );
    }
    const authorized = await authorize?.() ?? ok(null);
    if (!authorized.ok) return fail(id, authorized.error);
    const access = authorized.value === null
      ? { kind: "origin" as const, origin: source.value }
      : { kind: "task_repository" as const, authorization: authorized.value };
    const gitDir = join(run.root, "plugin.git");
    const workTree = join(run.plugins, id);
    await removeTree(gitDir);
    await Deno.mkdir(workTree, { recursive: true });
    const steps = [
      { action: "prepare", args: ["init", "--quiet", "--bare", "--", gitDir] },
      {
        action: "fetch",
        gitDir,
        access,
        args: [
          "fetch",
          "--quiet",
          "--depth=1",
          "--no-tags",
          "--no-auto-maintenance",
          "--recurse-submodules=no",
          "--",
          source.value.url,
          "HEAD",
        ],
      },
      { action: "check out", gitDir, workTree, args: ["read-tree", "-u", "--reset", "FETCH_HEAD"] },
    ];
    for (const step of steps) {
      const done = await git.run(step);
      if (!done.ok) return fail(id, `git cannot ${step.action} it: ${done.error.stderr.trim()}`);
    }
    await removeTree(gitDir);
  }
  return ok(null);
}
