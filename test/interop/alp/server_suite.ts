/** All checks of a server, in the order in which they run. */
import type { ServerCheck } from "./server/bench.ts";
import { API_CHECKS } from "./server/api_checks.ts";
import { EVENT_CHECKS } from "./server/event_checks.ts";
import { EXTRA_CHECKS } from "./server/extra_checks.ts";
import { GATE_CHECKS } from "./server/gate_checks.ts";
import { JOB_CHECKS } from "./server/job_checks.ts";
import { LIVE_CHECKS } from "./server/live_checks.ts";
import { QUEUE_CHECKS } from "./server/queue_checks.ts";
import { REFERENCE_CHECKS } from "./server/reference_checks.ts";
import { REFERENCE_EXTRA_CHECKS } from "./server/reference_extra_checks.ts";
import { REFUSAL_CHECKS } from "./server/refusal_checks.ts";
import { REPOSITORY_CHECKS } from "./server/repository_checks.ts";
import { RULE_CHECKS } from "./server/rule_checks.ts";
import { STATUS_CHECKS } from "./server/status_checks.ts";
import { TIME_CHECKS } from "./server/time_checks.ts";

export const SERVER_CHECKS: readonly ServerCheck[] = [
  ...API_CHECKS,
  ...EXTRA_CHECKS,
  ...STATUS_CHECKS,
  ...QUEUE_CHECKS,
  ...RULE_CHECKS,
  ...GATE_CHECKS,
  ...REFUSAL_CHECKS,
  ...JOB_CHECKS,
  ...REFERENCE_CHECKS,
  ...LIVE_CHECKS,
  ...REFERENCE_EXTRA_CHECKS,
  ...REPOSITORY_CHECKS,
  ...EVENT_CHECKS,
  ...TIME_CHECKS,
];
