/**
 * What a run is let in by elsewhere: the repository that its work goes back to, and the places of its plugins (Line 2.7, 18).
 * Tokens stay on this side (S1): they are headers of git on the host.
 */
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { type CommitBackTarget, commitBackTarget } from "../domain/commit_back.ts";
import { pluginAccess } from "../domain/marketplace.ts";
import type { PluginSource } from "../ports.ts";
import type { RunContext } from "./run_context.ts";
import { faultText, worktreeText } from "./run_texts.ts";

type Deps = Pick<RunContext["deps"], "credentials">;

/**
 * Why the work of a run could not be brought back, as far as it is known before its agent begins; null: nothing is against it.
 * No command is run.
 */
export function commitBackFault({ deps, sent }: Pick<RunContext, "deps" | "sent">): string | null {
  const target = commitBackTarget(sent);
  if (!target.ok) return target.error;
  if (target.value?.kind !== "credential") return null;
  const { credential, url } = target.value;
  const fault = deps.credentials === undefined ? NONE : deps.credentials.fault(credential, url);
  return fault === null ? null : backText(fault);
}

/** Line 18: without it the run is no success. Null: it is there, or nothing was to be pushed; else why not. */
export async function pushBack(context: RunContext): Promise<string | null> {
  try {
    const target = commitBackTarget(context.sent);
    if (!target.ok) return target.error;
    if (target.value === null) return null;
    const { url } = target.value;
    const authorization = await authorizationFor(context.deps, target.value);
    if (!authorization.ok) return backText(authorization.error);
    const pushed = await context.deps.worktrees.pushBack(context.run.runId, {
      url,
      authorization: authorization.value,
    });
    if (pushed.ok) return null;
    if (target.value.kind === "credential") context.deps.credentials?.drop(target.value.credential);
    return worktreeText(context.secrets, pushed.error);
  } catch (error) {
    return faultText(context.secrets, error);
  }
}

/** The plugins of a job, each with the token that its place wants; it is minted when the plugin is fetched. */
export function pluginSources(deps: Deps, work: AgentDefinition): readonly PluginSource[] {
  return (work.plugins ?? []).map(({ id, sourceUrl }) => ({
    id,
    sourceUrl,
    async authorize() {
      const access = pluginAccess(work, sourceUrl);
      if (!access.ok) return access;
      if (access.value === null) return ok(null);
      if (access.value.kind === "authorization") return ok(access.value.authorization);
      return await named(deps, access.value.credential, sourceUrl);
    },
  }));
}

async function authorizationFor(deps: Deps, target: CommitBackTarget): Promise<Result<string, string>> {
  return target.kind === "token"
    ? ok(target.authorization)
    : await named(deps, target.credential, target.url);
}

async function named({ credentials }: Deps, name: string, url: string): Promise<Result<string, string>> {
  return credentials === undefined ? err(NONE) : await credentials.authorizationFor(name, url);
}

const NONE = "this runner has no credentials: its settings file must have them below 'credentials'";

function backText(fault: string): string {
  return `Cannot push to commitBackRepository as its credential must be usable: ${fault}`;
}
