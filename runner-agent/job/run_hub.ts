/** Opens the hub of one run with everything that this run may reach. */
import { PROJECT_REPO_PATH } from "../domain/environment.ts";
import { createModelRoute } from "../egress/model_route.ts";
import { createGitRoute } from "../worktree/git_route.ts";
import { type Hub, startHub } from "./hub.ts";
import { hubRoutes, type HubRoutesOptions, modelPath } from "./hub_routes.ts";
import { planHarness, type RunContext, worktreeRequest } from "./run_context.ts";
import { CONTROL_PLANE_AWAY_MAX_MS } from "../limits.ts";
import { untilReachable } from "./patience.ts";
import { makeHubDir } from "./run_dirs.ts";

/** The worktree must be prepared. Also for a run whose sandbox goes on from before: the socket is made anew in its place. */
export async function openRunHub(context: RunContext): Promise<Hub> {
  const { deps, run, dirs } = context;
  await makeHubDir(dirs);
  const routes = hubRoutes({
    ...deps.address,
    taskId: run.job.agentDefinition.taskId,
    repositoryToken: run.job.agentDefinition.assemblyLineRepoToken ?? null,
    untilReachable: () =>
      untilReachable(deps.address.serverUrl, deps.clock, AbortSignal.timeout(CONTROL_PLANE_AWAY_MAX_MS)),
    projectGit: await projectGit(context),
    model: modelRoute(context),
  });
  return await startHub(dirs, routes, (fault) => deps.log("hub_failed", { ...context.ids, fault }));
}

async function projectGit(context: RunContext): Promise<HubRoutesOptions["projectGit"]> {
  const request = await worktreeRequest(context);
  if (request === null) return null;
  const gateway = await context.deps.worktrees.projectGateway(request);
  if (gateway.ok) return createGitRoute({ gitDir: gateway.value.gitDir, prefix: PROJECT_REPO_PATH });
  context.deps.log("hub_failed", { ...context.ids, fault: gateway.error.reason });
  return null;
}

function modelRoute(context: RunContext): HubRoutesOptions["model"] {
  const planned = planHarness(context);
  const provider = planned.ok ? planned.value.harness.provider : null;
  const model = provider === null ? undefined : context.deps.modelKeys.get(provider.name);
  if (provider === null || model === undefined) return null;
  return {
    name: provider.name,
    handle: createModelRoute({ provider, ...model, prefix: modelPath(provider.name) }),
  };
}
