/**
 * The one map from reasons to the wire: status, stable code, and a message that says what was expected and what
 * came. No default branch: a new reason that is not mapped does not compile (style rule 6).
 */
import type { z } from "zod";
import type { QueueError } from "./domain/job_queue_api.ts";
import { agentRefusal, isAgentError } from "./agent_errors.ts";
import { assetRefusal, isAssetError } from "./asset_errors.ts";
import type { WireError, WireIssue } from "../protocol/line/error.ts";

export interface HttpRefusal {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 409
    | 410
    | 411
    | 412
    | 413
    | 415
    | 416
    | 422
    | 426
    | 500
    | 501
    | 502
    | 503
    | 504;
  readonly body: WireError;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Builds a refusal; `detail` is added beside code and message. */
export function refusal(
  status: HttpRefusal["status"],
  code: string,
  message: string,
  detail: Readonly<Record<string, unknown>> = {},
): HttpRefusal {
  return { status, body: { error: { code, message, ...detail } } };
}

/** Sends a refusal. */
export function refusalResponse(r: HttpRefusal): Response {
  return Response.json(r.body, {
    status: r.status,
    ...(r.headers === undefined ? {} : { headers: r.headers }),
  });
}

/** What is repeated of a value that does not fit: enough to recognise it. */
const CAME_MAX_CHARS = 60;

/** A body, query or path that does not fit its schema. `input` is what came, for the messages to say. */
export function invalidInput(
  error: z.ZodError,
  where: "body" | "query" | "path",
  input: unknown,
): HttpRefusal {
  const issues: WireIssue[] = error.issues.map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issueText(issue, issue.path.reduce<unknown>(fieldOf, input)),
  }));
  const first = issues[0];
  const at = first === undefined || first.path === "" ? where : `${where} at '${first.path}'`;
  return refusal(400, "invalid_input", `Cannot use ${at}: ${first?.message ?? "it does not fit"}`, {
    issues,
  });
}

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    return `expected only fields of the protocol, came ${issue.keys.map(quoted).join(", ")}`;
  }
  if (/\b(came|received)\b/.test(issue.message)) return issue.message;
  const came = cameText(issue.code, value);
  return came === null ? issue.message : `${issue.message}, came ${came}`;
}

/** Texts that may be long or private (titles, prompts) are only counted; words of a list and names are repeated. */
function cameText(code: z.core.$ZodIssue["code"], value: unknown): string | null {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (Array.isArray(value)) return `${value.length} items`;
  if (typeof value !== "string") return typeof value;
  const isCounted = (code === "too_big" || code === "too_small") && !/^-?\d+$/.test(value);
  return isCounted || value.length > CAME_MAX_CHARS ? `${value.trim().length} characters` : quoted(value);
}

function quoted(text: string): string {
  return `'${text.slice(0, CAME_MAX_CHARS)}'`;
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

/** Maps what the queue says no to. */
export function queueRefusal(error: QueueError): HttpRefusal {
  if (isAgentError(error)) return agentRefusal(error);
  if (isAssetError(error)) return assetRefusal(error);
  switch (error.reason) {
    case "unauthenticated":
      return {
        ...refusal(
          401,
          "unauthenticated",
          "Cannot answer as the request must carry 'Authorization: Bearer TOKEN' with a token of this project",
        ),
        headers: { "www-authenticate": 'Bearer realm="shopfloor", Basic realm="shopfloor"' },
      };
    case "token_of_other_project":
      return refusal(403, "token_of_other_project", "Cannot use this token as it belongs to another project");
    case "wrong_token_kind":
      return refusal(
        403,
        "wrong_token_kind",
        `Cannot do this with a ${error.came} token: expected a token of kind ${error.needed.join(" or ")}`,
        { expected: error.needed, came: error.came },
      );
    case "token_expired":
      return {
        ...refusal(
          401,
          "token_expired",
          "Cannot use this token as its time is over: expected one that has not expired",
        ),
        headers: { "www-authenticate": 'Bearer realm="shopfloor", error="invalid_token"' },
      };
    case "missing_scope":
      return refusal(
        403,
        "missing_scope",
        `Cannot do this with a token that lacks a scope: expected '${error.scope}' among its scopes`,
        { scope: error.scope },
      );
    case "token_locked_to_line":
      return refusal(
        403,
        "token_locked_to_line",
        `Cannot do this as the token is locked to line '${error.lineId}': expected a call about that line`,
        { lineId: error.lineId },
      );
    case "idempotency_key_reused":
      return refusal(
        422,
        "idempotency_key_reused",
        "Cannot take this request as its Idempotency-Key was used for another one: expected the same method, path and body",
      );
    case "answer_not_kept":
      return refusal(
        409,
        "answer_not_kept",
        "Cannot repeat the answer: this request was carried out before, and its answer held a secret or was too large to keep",
      );
    case "expiry_in_the_past":
      return refusal(
        400,
        "expiry_in_the_past",
        `Cannot make token as 'expiresAt' must be later than now, ${
          new Date(error.nowMs).toISOString()
        }: current value is ${new Date(error.expiresAtMs).toISOString()}`,
      );
    case "not_your_runner":
      return refusal(
        403,
        "not_your_runner",
        `Cannot act for runner '${error.runnerId}' as the token belongs to another runner`,
      );
    case "project_not_found":
      return refusal(
        404,
        "project_not_found",
        `Cannot find project '${error.owner}/${error.project}': nothing was put into it yet`,
      );
    case "not_found":
      return refusal(
        404,
        `${error.what}_not_found`,
        `Cannot find ${error.what.replace("_", " ")} '${error.id}' in this project`,
      );
    case "line_id_mismatch":
      return refusal(
        400,
        "line_id_mismatch",
        `Cannot put line as the id in the body must be that of the path, '${error.path}': current value is '${error.body}'`,
      );
    case "line_changed":
      return refusal(
        409,
        "line_changed",
        `Cannot put line as its newest version must be ${error.expected}: current value is ${error.version}`,
        { revision: error.version },
      );
    case "admin_token_unset":
      return refusal(
        503,
        "admin_token_unset",
        "Cannot hand out a job as SHOPFLOOR_ADMIN_TOKEN must be set: the tokens of runs are made with it",
      );
    case "queue_full":
      return {
        ...refusal(
          503,
          "queue_full",
          `Cannot take the task as the project may have at most ${error.openJobsMax} open jobs: it has them`,
          { openJobsMax: error.openJobsMax },
        ),
        headers: { "retry-after": "60" },
      };
    case "too_many_tasks":
      return {
        ...refusal(
          503,
          "queue_full",
          `Cannot take the task as the project may have at most ${error.tasksMax} tasks at once: it has them`,
          { tasksMax: error.tasksMax },
        ),
        headers: { "retry-after": "60" },
      };
    case "unknown_station":
      return refusal(
        400,
        "unknown_station",
        `Cannot use station '${error.stationId}': expected one of ${error.stationIds.join(", ")}`,
        {
          expected: error.stationIds,
        },
      );
    case "no_active_job":
      return refusal(
        409,
        "no_active_job",
        `Cannot take the report as runner '${error.runnerId}' holds no job`,
      );
    case "ambiguous_job":
      return refusal(
        409,
        "ambiguous_job",
        `Cannot tell which job is meant as the runner holds others than its newest: expected 'jobId' to be one of ${
          error.jobIds.join(", ")
        }`,
      );
    case "stale_lease":
      return refusal(
        409,
        "stale_lease",
        `Cannot act on this run as its lease is over: expected leaseEpoch ${error.leaseEpoch}, came ${error.came}`,
        { leaseEpoch: error.leaseEpoch },
      );
    case "run_finished":
      return refusal(
        409,
        "run_finished",
        `Cannot change run '${error.runId}' as it has already ended as '${error.outcome}'`,
        {
          outcome: error.outcome,
        },
      );
    case "approval_spent":
      return refusal(
        409,
        "approval_spent",
        `Cannot use approval '${error.askId}' as it was used before: each request is approved for itself`,
      );
    case "too_many_held":
      return refusal(
        409,
        "too_many_held",
        `Cannot hold another request as a job may have at most ${error.heldMax} that wait for a person: it has them`,
        { heldMax: error.heldMax },
      );
    case "job_not_queued":
      return refusal(
        409,
        "job_not_queued",
        `Cannot claim job '${error.jobId}' as it must be queued: current value is '${error.status}'`,
      );
    case "runner_busy":
      return refusal(
        409,
        "runner_busy",
        `Cannot claim another job as this runner already holds job '${error.jobId}'`,
      );
    case "runner_takes_no_work":
      return refusal(
        409,
        "runner_takes_no_work",
        `Cannot claim job as the runner's intake must be open: current value is '${error.intake}'`,
        { intake: error.intake },
      );
    case "runner_name_taken":
      return refusal(
        409,
        "runner_name_taken",
        `Cannot name the runner '${error.name}' as another runner of this project has that name`,
      );
    case "runner_does_not_match":
      return refusal(
        409,
        "runner_does_not_match",
        `Cannot claim job as the runner lacks ${error.missing.join(", ")}`,
        { missing: error.missing },
      );
    case "gate_not_waiting":
      return refusal(
        409,
        "gate_not_waiting",
        `Cannot decide gate '${error.gateId}' as the task must wait on it: current status is '${error.status}'`,
      );
    case "task_ended":
      return refusal(
        409,
        "task_ended",
        `Cannot change task '${error.taskId}' as it has already ended as '${error.status}'`,
      );
    case "task_not_retryable":
      return refusal(
        409,
        "task_not_retryable",
        `Cannot retry task '${error.taskId}' as it must have ended or wait at its station: current status is '${error.status}'`,
      );
    case "task_held":
      return refusal(
        409,
        "task_held",
        `Cannot move task '${error.taskId}' as nobody may work on it: runner '${error.runnerName}' does, so cancel it first`,
        { runnerName: error.runnerName },
      );
    case "station_dispatches_nothing":
      return refusal(
        409,
        "station_dispatches_nothing",
        `Cannot retry at station '${error.stationId}' as its trigger must be 'dispatch_worker': it is 'none', so move the task there`,
      );
    case "attempts_exhausted":
      return refusal(
        409,
        "attempts_exhausted",
        `Cannot make another job at station '${error.stationId}' as a task may have at most ${error.attemptsMax} there`,
        { attemptsMax: error.attemptsMax },
      );
  }
}
