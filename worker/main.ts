/** The Worker's entry: wiring only. Object classes are exported under the names that `wrangler.toml` binds. */
import { createApp } from "./app.ts";
import type { Env } from "./env.ts";
import { onSchedule } from "./scheduled.ts";

export { HumanGate } from "./objects/human_gate.ts";
export { JobQueue } from "./objects/job_queue.ts";
export { Library } from "./objects/library.ts";
export { ChatChannel } from "./objects/chat_channel.ts";
export { LiveSession } from "./objects/live_session.ts";
export { People } from "./objects/people.ts";
export { TaskLog } from "./objects/task_log.ts";
export { TaskRepository } from "./objects/task_repository.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  scheduled: (controller: ScheduledController, env: Env) => onSchedule(env, controller.scheduledTime),
};
