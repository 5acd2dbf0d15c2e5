/** Puts middleware and routes together: what a request meets, in order. */
import { type Context, Hono } from "hono";
import { JSON_BODY_MAX_BYTES } from "../protocol/limits.ts";
import type { AppEnv } from "./app_env.ts";
import { refusal, refusalResponse } from "./errors.ts";
import { CHANNEL_BODY_MAX_BYTES, TASK_ASSET_MAX_BYTES } from "./limits.ts";
import { auth } from "./middleware/auth.ts";
import { bodyLimit } from "./middleware/body_limit.ts";
import { liveCaller } from "./middleware/live_caller.ts";
import { idempotency } from "./middleware/idempotency.ts";
import { personToken } from "./middleware/person_token.ts";
import { projectQueue } from "./middleware/project_queue.ts";
import { requestId } from "./middleware/request_id.ts";
import { requireToken } from "./middleware/require_token.ts";
import { ownForms, refuseCrossSite } from "./middleware/own_page.ts";
import { session } from "./middleware/session.ts";
import { tokenPlace } from "./middleware/token_place.ts";
import { workload } from "./middleware/workload.ts";
import { createRouter } from "./repeated_paths.ts";
import { createAskPageRoutes } from "./routes/ask_pages.ts";
import { createAssetRoutes } from "./routes/assets.ts";
import { AGENT_MEMORY_OPERATIONS, createAgentMemoryRoutes } from "./routes/agent_memory.ts";
import { createAgentPageRoutes } from "./routes/agent_pages.ts";
import { APPROVAL_OPERATIONS, createApprovalRoutes } from "./routes/approvals.ts";
import { ARTIFACT_OPERATIONS, createArtifactRoutes } from "./routes/artifacts.ts";
import { createBoardPageRoutes } from "./routes/board_pages.ts";
import { createCardPageRoutes } from "./routes/card_pages.ts";
import { CHANNEL_OPERATIONS, createChannelRoutes } from "./routes/channels.ts";
import { CHAT_OPERATIONS, createChatRoutes } from "./routes/chat.ts";
import { createContextPageRoutes } from "./routes/context_pages.ts";
import { createFileRoutes, FILE_OPERATIONS } from "./routes/files.ts";
import { createGatePageRoutes } from "./routes/gate_pages.ts";
import { createGateRoutes, GATE_OPERATIONS } from "./routes/gates.ts";
import { createV1GateRoutes, V1_GATE_OPERATIONS } from "./routes/v1_gates.ts";
import { createGitRoutes, GIT_OPERATIONS } from "./routes/git.ts";
import { createHealthRoutes, HEALTH_OPERATIONS } from "./routes/health.ts";
import { createHistoryRoutes, HISTORY_OPERATIONS } from "./routes/history.ts";
import { createIssuePageRoutes } from "./routes/issue_pages.ts";
import { createJobRoutes, JOB_OPERATIONS } from "./routes/jobs.ts";
import { createLineFormRoutes } from "./routes/line_form_pages.ts";
import { createLinePageRoutes } from "./routes/line_pages.ts";
import { createMemoryPageRoutes } from "./routes/memory_pages.ts";
import { createMetricsPageRoutes } from "./routes/metrics_pages.ts";
import { createRunPageRoutes } from "./routes/run_pages.ts";
import { createWorktreePageRoutes } from "./routes/worktree_pages.ts";
import { createUsageRoutes, USAGE_OPERATIONS } from "./routes/usage.ts";
import { createLineRoutes, LINE_OPERATIONS } from "./routes/lines.ts";
import { createLiveFileRoutes, LIVE_FILE_OPERATIONS } from "./routes/live_files.ts";
import { createLiveViewerRoutes, LIVE_VIEWER_OPERATIONS } from "./routes/live_viewers.ts";
import { createLiveRoutes, LIVE_OPERATIONS } from "./routes/lives.ts";
import { createLogRoutes, LOG_OPERATIONS } from "./routes/logs.ts";
import { createOpenApiRoutes } from "./routes/openapi.ts";
import type { Operation } from "./routes/operation.ts";
import { crossSitePage, faultPage, isForPerson, unknownPage } from "./routes/person_page.ts";
import { createProjectPageRoutes } from "./routes/project_pages.ts";
import { createPeopleRoutes, PEOPLE_OPERATIONS } from "./routes/people.ts";
import { createProjectRoutes, PROJECT_OPERATIONS } from "./routes/projects.ts";
import { createRepositoryPageRoutes } from "./routes/repository_pages.ts";
import { createRunnerPageRoutes } from "./routes/runner_pages.ts";
import { createRunnerRoutes, RUNNER_OPERATIONS } from "./routes/runners.ts";
import { createSessionRoutes, SESSION_OPERATIONS } from "./routes/session.ts";
import { createGitHubSignInRoutes } from "./routes/sign_in_github.ts";
import { createSignInPageRoutes } from "./routes/sign_in_page.ts";
import { createRunQuestionRoutes, RUN_QUESTION_OPERATIONS } from "./routes/run_questions.ts";
import { createSocketRoutes, SOCKET_OPERATIONS } from "./routes/socket.ts";
import { createSpecPageRoutes } from "./routes/spec_pages.ts";
import { createSubtaskPageRoutes } from "./routes/subtask_pages.ts";
import { createTaskRoutes, TASK_OPERATIONS } from "./routes/tasks.ts";
import { createTaskAssetRoutes, TASK_ASSET_OPERATIONS } from "./routes/task_assets.ts";
import { createTaskPageRoutes } from "./routes/task_pages.ts";
import { createWorklistPageRoutes } from "./routes/worklist_pages.ts";
import { createTelemetryRoutes, TELEMETRY_OPERATIONS } from "./routes/telemetry.ts";
import { createTokenRoutes, TOKEN_OPERATIONS } from "./routes/tokens.ts";
import { ACTIVITY_OPERATIONS, createActivityRoutes } from "./routes/activity.ts";
import { createWorktreeRoutes, WORKTREE_OPERATIONS } from "./routes/worktree.ts";
import { AGENT_COMMAND_OPERATIONS, createAgentCommandRoutes } from "./routes/agent_commands.ts";
import { CI_OPERATIONS, createCiRoutes } from "./routes/ci.ts";
import { CONTEXT_OPERATIONS, createContextRoutes } from "./routes/contexts.ts";
import { createIssueRoutes, ISSUE_OPERATIONS } from "./routes/issues.ts";
import { createMemoryRoutes, MEMORY_OPERATIONS } from "./routes/memory.ts";
import { createSpecRoutes, SPEC_OPERATIONS } from "./routes/specs.ts";
import { createSubtaskRoutes, SUBTASK_OPERATIONS } from "./routes/subtasks.ts";
import { createToolRoutes, TOOL_OPERATIONS } from "./routes/tools.ts";
import { createWebSearchRoutes, WEB_SEARCH_OPERATIONS } from "./routes/web_search.ts";
import { createWebhookRoutes, WEBHOOK_OPERATIONS } from "./routes/webhooks.ts";
import { createWorklistRoutes, WORKLIST_OPERATIONS } from "./routes/worklist.ts";

const PROJECT = "/api/owners/:owner/projects/:project";
const ASSET = `${PROJECT}/tasks/:taskId/assets/:name`;

/** What the API's description is made of. */
export const OPERATIONS: readonly Operation[] = [
  ...PROJECT_OPERATIONS,
  ...TOKEN_OPERATIONS,
  ...LINE_OPERATIONS,
  ...TASK_OPERATIONS,
  ...TASK_ASSET_OPERATIONS,
  ...GATE_OPERATIONS,
  ...V1_GATE_OPERATIONS,
  ...PEOPLE_OPERATIONS,
  ...WORKLIST_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...JOB_OPERATIONS,
  ...LOG_OPERATIONS,
  ...LIVE_OPERATIONS,
  ...LIVE_VIEWER_OPERATIONS,
  ...LIVE_FILE_OPERATIONS,
  ...CHAT_OPERATIONS,
  ...TELEMETRY_OPERATIONS,
  ...USAGE_OPERATIONS,
  ...FILE_OPERATIONS,
  ...GIT_OPERATIONS,
  ...ARTIFACT_OPERATIONS,
  ...AGENT_MEMORY_OPERATIONS,
  ...HISTORY_OPERATIONS,
  ...RUNNER_OPERATIONS,
  ...APPROVAL_OPERATIONS,
  ...CHANNEL_OPERATIONS,
  ...SOCKET_OPERATIONS,
  ...TOOL_OPERATIONS,
  ...ACTIVITY_OPERATIONS,
  ...AGENT_COMMAND_OPERATIONS,
  ...RUN_QUESTION_OPERATIONS,
  ...WORKTREE_OPERATIONS,
  ...SPEC_OPERATIONS,
  ...SUBTASK_OPERATIONS,
  ...CONTEXT_OPERATIONS,
  ...MEMORY_OPERATIONS,
  ...ISSUE_OPERATIONS,
  ...CI_OPERATIONS,
  ...WEB_SEARCH_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...HEALTH_OPERATIONS,
];

/** Bodies that are files: their routes limit them. */
const FILE_PATH =
  /^\/api\/owners\/[^/]+\/projects\/[^/]+\/(?:claude-config-archive|tasks\/[^/]+\/assets\/[^/]+)$/;

function hasOwnLimit(c: Context<AppEnv>): boolean {
  return c.req.method === "PUT" && FILE_PATH.test(c.req.path);
}

/** Builds the control plane's HTTP side. Git bodies are bounded by the task's object, everything else here. */
export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ router: createRouter() });
  app.use(requestId());
  app.use("/api/owners/*", bodyLimit(JSON_BODY_MAX_BYTES, hasOwnLimit));
  app.use(ASSET, bodyLimit(TASK_ASSET_MAX_BYTES));
  app.use("/v1/*", bodyLimit(JSON_BODY_MAX_BYTES));
  app.use("/channels/*", bodyLimit(CHANNEL_BODY_MAX_BYTES));
  app.use(ownForms((c) => isForPerson(c) ? crossSitePage(c) : refuseCrossSite()));
  app.use(session());
  app.use(auth());
  app.use("/api/*", personToken());
  app.use("/v1/*", personToken());
  app.use("/api/owners/*", workload());
  app.use("/api/owners/*", requireToken());
  app.use("/api/owners/*", idempotency());
  app.use(ASSET, idempotency(["PUT", "DELETE"]));
  app.use("/api/git/*", requireToken());
  app.use("/api/lives/*", liveCaller());
  app.use("/api/lives/chat/*", tokenPlace());
  app.use("/api/otel/*", tokenPlace());
  app.use(PROJECT, projectQueue());
  app.use(`${PROJECT}/*`, projectQueue());
  app.route("/", createHealthRoutes());
  app.route("/", createOpenApiRoutes(OPERATIONS));
  app.route("/", createProjectRoutes());
  app.route("/", createTokenRoutes());
  app.route("/", createLineRoutes());
  app.route("/", createTaskRoutes());
  app.route("/", createTaskAssetRoutes());
  app.route("/", createJobRoutes());
  app.route("/", createSocketRoutes());
  app.route("/", createRunnerRoutes());
  app.route("/", createApprovalRoutes());
  app.route("/", createToolRoutes());
  app.route("/", createActivityRoutes());
  app.route("/", createAgentCommandRoutes());
  app.route("/", createRunQuestionRoutes());
  app.route("/", createWorktreeRoutes());
  app.route("/", createSpecRoutes());
  app.route("/", createSubtaskRoutes());
  app.route("/", createContextRoutes());
  app.route("/", createMemoryRoutes());
  app.route("/", createIssueRoutes());
  app.route("/", createCiRoutes());
  app.route("/", createWebSearchRoutes());
  app.route("/", createChannelRoutes());
  app.route("/", createLogRoutes());
  app.route("/", createLiveRoutes());
  app.route("/", createLiveViewerRoutes());
  app.route("/", createLiveFileRoutes());
  app.route("/", createChatRoutes());
  app.route("/", createTelemetryRoutes());
  app.route("/", createUsageRoutes());
  app.route("/", createHistoryRoutes());
  app.route("/", createFileRoutes());
  app.route("/", createGateRoutes());
  app.route("/", createV1GateRoutes());
  app.route("/", createPeopleRoutes());
  app.route("/", createWorklistRoutes());
  app.route("/", createWebhookRoutes());
  app.route("/", createArtifactRoutes());
  app.route("/", createAgentMemoryRoutes());
  app.route("/", createGitRoutes());
  app.route("/", createSessionRoutes());
  app.route("/", createSignInPageRoutes());
  app.route("/", createGitHubSignInRoutes());
  app.route("/", createBoardPageRoutes());
  app.route("/", createCardPageRoutes());
  app.route("/", createProjectPageRoutes());
  app.route("/", createRunnerPageRoutes());
  app.route("/", createAssetRoutes());
  app.route("/", createTaskPageRoutes());
  app.route("/", createAgentPageRoutes());
  app.route("/", createSubtaskPageRoutes());
  app.route("/", createSpecPageRoutes());
  app.route("/", createContextPageRoutes());
  app.route("/", createMemoryPageRoutes());
  app.route("/", createIssuePageRoutes());
  app.route("/", createWorklistPageRoutes());
  app.route("/", createRepositoryPageRoutes());
  app.route("/", createLineFormRoutes());
  app.route("/", createLinePageRoutes());
  app.route("/", createMetricsPageRoutes());
  app.route("/", createRunPageRoutes());
  app.route("/", createWorktreePageRoutes());
  app.route("/", createGatePageRoutes());
  app.route("/", createAskPageRoutes());
  app.notFound((c) => {
    if (isForPerson(c)) return unknownPage(c);
    return refusalResponse(
      refusal(
        404,
        "route_not_found",
        `Cannot find ${c.req.method} ${c.req.path}: expected a path of the API or of a page`,
      ),
    );
  });
  app.onError((cause, c) => {
    console.error(JSON.stringify({
      event: "request_failed",
      requestId: c.var.requestId,
      method: c.req.method,
      errorName: cause.name,
      stack: cause.stack ?? "",
    }));
    if (isForPerson(c)) return faultPage(c);
    return refusalResponse(
      refusal(
        500,
        "internal_error",
        "Cannot answer because of a fault on our side: nothing was lost, try again",
        {
          requestId: c.var.requestId,
        },
      ),
    );
  });
  return app;
}
