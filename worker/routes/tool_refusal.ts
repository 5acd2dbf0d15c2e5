/** Why a tool, a library or a provider said no, as it goes out. */
import type { QueueError } from "../domain/job_queue_api.ts";
import type { ToolError } from "../domain/tool_error.ts";
import { type HttpRefusal, queueRefusal, refusal } from "../errors.ts";

const OFF_CODES = {
  tracker: "tracker_off",
  ci: "ci_off",
  web_search: "web_search_off",
  web_fetch: "web_fetch_off",
} as const;
const OFF_WORDS = {
  tracker: "this tracker",
  ci: "continuous integration",
  web_search: "the web's search",
  web_fetch: "pages of the web",
} as const;

/** What every provider outside may answer, in the words of an operation. */
export const PROVIDER_REFUSALS = [
  "502 provider_unreachable",
  "502 provider_failed",
  "502 provider_denied",
  "502 provider_malformed",
  "503 provider_throttled",
] as const;

/** Reasons of the queue and of tools; both have `not_found`, each with things of its own. */
export function toolRefusal(error: QueueError | ToolError): HttpRefusal {
  switch (error.reason) {
    case "not_found":
      return refusal(
        404,
        `${error.what}_not_found`,
        `Cannot find ${error.what.replace("_", " ")} '${error.id}' in this project`,
      );
    case "too_many":
      return refusal(
        409,
        `too_many_${error.what}`,
        `Cannot add more ${error.what} as there may be at most ${error.max}`,
        {
          max: error.max,
        },
      );
    case "cursor_stale":
      return refusal(
        409,
        "cursor_stale",
        "Cannot go on behind this cursor as what it belongs to is not what it was: begin again without one",
      );
    case "off":
      return refusal(
        409,
        OFF_CODES[error.what],
        `Cannot ask ${OFF_WORDS[error.what]} as it is off: ${error.why}`,
      );
    case "tracker_not_found":
      return refusal(
        404,
        "tracker_not_found",
        `Cannot find tracker '${error.tracker}': expected one of ${error.trackers.join(", ")}`,
        {
          expected: error.trackers,
        },
      );
    case "project_not_yours":
      return refusal(
        403,
        "project_not_yours",
        `Cannot ask about '${error.project}' as 'ref.project' must be your own: expected '${error.expected}'`,
      );
    case "spec_not_found":
      return refusal(
        404,
        "spec_not_found",
        `Cannot find spec '${error.name}': expected one of ${error.names.join(", ")}`,
        {
          expected: error.names,
        },
      );
    case "no_specs":
      return refusal(
        404,
        "no_specs",
        "Cannot read a spec as this task has none: expected files below '.agentics/specs/NAME/'",
      );
    case "spec_ambiguous":
      return refusal(
        409,
        "spec_ambiguous",
        `Cannot tell which spec is meant: expected 'spec' to be one of ${error.names.join(", ")}`,
        {
          expected: error.names,
        },
      );
    case "spec_not_active":
      return refusal(
        409,
        "spec_not_active",
        `Cannot read spec '${error.name}' as its status must be 'active' or later: current value is '${error.status}'`,
      );
    case "spec_artifact_missing":
      return refusal(
        404,
        "spec_artifact_not_found",
        `Cannot find '${error.artifact}' of spec '${error.name}': expected one of ${
          error.artifacts.join(", ")
        }`,
        { expected: error.artifacts },
      );
    case "spec_invalid": {
      const [first] = error.faults;
      const at = first === undefined ? "" : ` at ${first.file}:${first.line}: ${first.message}`;
      return refusal(409, "spec_invalid", `Cannot read spec '${error.name}'${at}`, { faults: error.faults });
    }
    case "provider_unreachable":
      return refusal(
        502,
        "provider_unreachable",
        `Cannot ask ${error.provider} as it did not answer: try again later`,
      );
    case "provider_failed":
      return refusal(
        502,
        "provider_failed",
        `Cannot ask ${error.provider} as it answered with status ${error.status}`,
      );
    case "provider_denied":
      return refusal(
        502,
        "provider_denied",
        `Cannot ask ${error.provider} as it refused our key, with status ${error.status}`,
      );
    case "provider_throttled":
      return refusal(
        503,
        "provider_throttled",
        `Cannot ask ${error.provider} as it wants fewer questions: try again later`,
      );
    case "provider_malformed":
      return refusal(
        502,
        "provider_malformed",
        `Cannot use what ${error.provider} said: ${error.what} has not the shape that was expected`,
      );
    case "invalid_for_provider":
      return refusal(
        422,
        "invalid_for_provider",
        `Cannot do this as ${error.provider} does not take these values`,
      );
    case "remote_not_found":
      return refusal(
        404,
        `${error.what}_not_found`,
        `Cannot find ${error.what.replace("_", " ")} '${error.id}'`,
      );
    case "ci_log_gone":
      return refusal(
        410,
        "ci_log_gone",
        `Cannot read the log of job '${error.id}' as it is not kept any more`,
      );
    case "page_refused":
      return refusal(403, "page_refused", `Cannot fetch this page: ${PAGE_WORDS[error.why]}`, {
        why: error.why,
      });
    case "page_not_text":
      return refusal(
        415,
        "page_not_text",
        `Cannot read this page as it must be text: it is '${error.contentType}'`,
      );
    case "page_too_many_redirects":
      return refusal(502, "page_too_many_redirects", "Cannot fetch this page as it leads on and on");
    default:
      return queueRefusal(error);
  }
}

const PAGE_WORDS = {
  not_a_url: "expected a URL, as https://host/path",
  not_https: "expected HTTPS",
  has_credentials: "expected no user and no password in it",
  private_host: "expected a public host",
  host_not_allowed: "expected a host that the operator allows",
} as const;
