/**
 * What the agent sees as `origin`: a bare repository of the run, served on the sandbox's loopback.
 *
 * 1. A fetch sees the project's branches and tags as of the last `prepare`, and no ref of another run.
 * 2. A push goes through `hooks/pre-receive` (`pre_receive_hook.ts`).
 * 3. It is made beside its place and renamed, so it is there whole or not at all; called again it keeps what the
 *    agent pushed and only renews the hook and the configuration.
 * 4. Credentials that came in the project's URL are in `config`, mode 0600, which is neither mounted nor served.
 */
import { join } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import { GATEWAY_PUSH_MAX_BYTES } from "../limits.ts";
import type { Origin } from "./allowed_repository.ts";
import type { Git, GitFailure } from "./git_command.ts";
import { gitEnvironment } from "./git_environment.ts";
import { preReceiveHook } from "./pre_receive_hook.ts";
import { removeTree, type RunDirectory } from "./run_directory.ts";

const ORIGIN_PREFIX = "refs/remotes/origin/";

export interface GatewayRequest {
  readonly run: RunDirectory;
  /** The one branch that may be pushed. */
  readonly branch: string;
  readonly origin: Origin;
  readonly cacheGitDir: string;
  /** What HEAD of the gateway names. */
  readonly projectBranch: string;
}

/** Makes the gateway, or renews it. */
export async function createProjectGateway(
  git: Git,
  want: GatewayRequest,
): Promise<Result<string, GitFailure>> {
  const gitDir = want.run.gateway;
  if (await isDirectory(gitDir)) {
    await writeRules(git, gitDir, want);
    return ok(gitDir);
  }
  const refs = await git.run({
    action: "list the project's branches",
    gitDir: want.cacheGitDir,
    args: ["for-each-ref", "--format=%(objectname) %(refname)", ORIGIN_PREFIX, "refs/tags/"],
  });
  if (!refs.ok) return refs;

  const fresh = `${gitDir}.new`;
  await removeTree(fresh);
  for (const part of ["objects/info", "objects/pack", "refs/heads", "hooks"]) {
    await Deno.mkdir(join(fresh, part), { recursive: true, mode: 0o700 });
  }
  await Deno.writeTextFile(join(fresh, "objects/info/alternates"), `${join(want.cacheGitDir, "objects")}\n`);
  await Deno.writeTextFile(join(fresh, "packed-refs"), gatewayRefs(refs.value));
  await Deno.writeTextFile(join(fresh, "HEAD"), `ref: refs/heads/${want.projectBranch}\n`);
  await writeRules(git, fresh, want);
  await Deno.rename(fresh, gitDir);
  return ok(gitDir);
}

/** `packed-refs` with the project's branches as our own. */
export function gatewayRefs(listing: string): string {
  return listing.replaceAll(` ${ORIGIN_PREFIX}`, " refs/heads/");
}

async function writeRules(git: Git, gitDir: string, want: GatewayRequest): Promise<void> {
  const hook = preReceiveHook({
    allowedRef: `refs/heads/${want.branch}`,
    originUrl: want.origin.url,
    env: gitEnvironment(git.host, { kind: "origin", origin: { ...want.origin, authorization: null } }),
  });
  await writeWhole(join(gitDir, "config"), gatewayConfig(want.origin), 0o600);
  await writeWhole(join(gitDir, "hooks/pre-receive"), hook, 0o700);
}

function gatewayConfig(origin: Origin): string {
  const credentials = origin.authorization === null
    ? ""
    : `\textraHeader = "Authorization: ${origin.authorization}"\n\tfollowRedirects = false\n`;
  return `[core]
\trepositoryformatversion = 0
\tbare = true
\talternateRefsPrefixes = ${ORIGIN_PREFIX}
[gc]
\tauto = 0
[receive]
\tfsckObjects = true
\tmaxInputSize = ${GATEWAY_PUSH_MAX_BYTES}
\tautogc = false
\tdenyDeletes = true
[http]
\treceivepack = true
\tgetanyfile = false
${credentials}[remote "origin"]
\turl = "${origin.url.replace(/["\\]/g, "\\$&")}"
`;
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text, { mode });
  await Deno.chmod(`${path}.new`, mode);
  await Deno.rename(`${path}.new`, path);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
