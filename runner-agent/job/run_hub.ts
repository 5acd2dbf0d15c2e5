/** Opens the hub of one run with everything that this run may reach. */
import { createCredentialHandler } from "../credential/credential_routes.ts";
import { PROJECT_REPO_PATH } from "../domain/environment.ts";
import { createModelRoute } from "../egress/model_route.ts";
import { MODEL_PROVIDERS } from "../harness/mod.ts";
import { startRefusingProxy } from "../egress/refusing_proxy.ts";
import { createGitRoute } from "../worktree/git_route.ts";
import { hasProxy } from "./container_spec.ts";
import { type Hub, type HubRoute, openToAll, removeSocket, serveSocket, startHub } from "./hub.ts";
import { hubRoutes, type HubRoutesOptions, modelPath } from "./hub_routes.ts";
import { operatorRoutes } from "./operator_routes.ts";
import type { RunAgent } from "./run_agent.ts";
import type { StructuredAgent } from "./structured_agent.ts";
import { hookRoute } from "./hook_route.ts";
import { serviceRoute } from "./service_route.ts";
import { withActivity } from "./run_activity.ts";
import { planHarness } from "./harness_plan.ts";
import { type RunContext, worktreeRequest } from "./run_context.ts";
import { CONTROL_PLANE_AWAY_MAX_MS } from "../limits.ts";
import { untilReachable } from "./patience.ts";
import { makeHubDir } from "./run_dirs.ts";

/** The worktree must be prepared. Also for a run whose sandbox goes on from before: the socket is made anew in its place. */
export async function openRunHub(
  context: RunContext,
  agent:
    & Pick<RunAgent | StructuredAgent, "bridge" | "events" | "onHook">
    & Partial<Pick<RunAgent, "onKeyAnswer">>,
): Promise<Hub> {
  const { deps, run, dirs } = context;
  await makeHubDir(dirs);
  const routes = hubRoutes({
    ...deps.address,
    taskId: run.job.agentDefinition.taskId,
    repositoryUrl: run.job.agentDefinition.assemblyLineRepoUrl ?? null,
    repositoryToken: run.job.agentDefinition.assemblyLineRepoToken ?? null,
    untilReachable: () =>
      untilReachable(deps.address.serverUrl, deps.clock, AbortSignal.timeout(CONTROL_PLANE_AWAY_MAX_MS)),
    projectGit: await projectGit(context),
    model: modelRoute(context, agent.onKeyAnswer),
    standIn: run.job.jobToken === undefined
      ? { token: context.jobToken, authorization: `Bearer ${deps.runnerToken}` }
      : null,
    operator: [
      ...operatorRoutes(context.end, agent.bridge),
      ...(agent.onHook === null ? [] : [hookRoute(agent.onHook)]),
      serviceRoute(agent.events),
      ...(context.permissions === null ? [] : [context.permissions.route]),
      ...otherModels(context),
    ].map((route) => ({
      ...route,
      handle: withActivity(route.handle, context.activity),
    })),
  });
  const open: Hub[] = [];
  try {
    open.push(await startHub(dirs, routes, (fault) => deps.log("hub_failed", { ...context.ids, fault })));
    const credential = createCredentialHandler(run.job.id);
    open.push(await serveSocket(dirs.credSocket, () => credential));
    await removeSocket(dirs.dmzSocket);
    if (hasProxy(deps)) {
      open.push(startRefusingProxy(dirs.dmzSocket, run.job.id));
      await openToAll(dirs.dmzSocket);
    }
  } catch (error) {
    await closeAll(open);
    throw error;
  }
  return { close: () => closeAll(open) };
}

async function closeAll(open: readonly Hub[]): Promise<void> {
  await Promise.all(open.map((one) => one.close()));
}

async function projectGit(context: RunContext): Promise<HubRoutesOptions["projectGit"]> {
  const request = await worktreeRequest(context);
  if (!request.ok || request.value.projectUrl === null) return null;
  const { projectUrl } = request.value;
  const gateway = await context.deps.worktrees.projectGateway({ ...request.value, projectUrl });
  if (gateway.ok) return createGitRoute({ gitDir: gateway.value.gitDir, prefix: PROJECT_REPO_PATH });
  context.deps.log("hub_failed", { ...context.ids, fault: gateway.error.reason });
  return null;
}

/** A pipeline's prompts may be other agents' than the station's own, as far as this runner has their keys. */
function otherModels(context: RunContext): readonly HubRoute[] {
  if (context.pipeline.decided === null) return [];
  const planned = planHarness(context);
  const own = planned.ok ? planned.value.harness.provider?.name ?? null : null;
  return [...context.deps.modelKeys].filter(([name]) => name !== own).map(([name, model]) => ({
    path: `${modelPath(name)}/`,
    handle: withActivity(
      createModelRoute({ provider: MODEL_PROVIDERS[name], ...model, prefix: modelPath(name) }),
      context.activity,
    ),
  }));
}

function modelRoute(
  context: RunContext,
  onKeyAnswer: RunAgent["onKeyAnswer"] | undefined,
): HubRoutesOptions["model"] {
  const planned = planHarness(context);
  const provider = planned.ok ? planned.value.harness.provider : null;
  const model = provider === null ? undefined : context.deps.modelKeys.get(provider.name);
  if (provider === null || model === undefined) return null;
  return {
    name: provider.name,
    handle: withActivity(
      createModelRoute({
        provider,
        ...model,
        prefix: modelPath(provider.name),
        ...(onKeyAnswer === undefined ? {} : { onKeyAnswer }),
      }),
      context.activity,
    ),
  };
}
