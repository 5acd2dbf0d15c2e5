/** Projects and their user tokens. */
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { answer } from "./answer.ts";
import { projectOf, readBody } from "./input.ts";

const URL_MAX_CHARS = 2_000;
const projectInput = z.strictObject({
  gitUrl: z.string().min(1).max(URL_MAX_CHARS).nullable().default(null),
  gitBranch: z.string().min(1).max(250).nullable().default(null),
});
const tokenInput = z.strictObject({ name: z.string().trim().min(1).max(100) });

export function createProjectRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project";

  app.get(path, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    return answer(await jobQueue(c.env, at.value.owner, at.value.project).readProject(c.var.caller));
  });
  app.put(path, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    const body = await readBody(c, projectInput);
    if (!body.ok) return body.error;
    return answer(
      await jobQueue(c.env, at.value.owner, at.value.project).putProject(c.var.caller, body.value),
    );
  });
  app.post(`${path}/tokens`, async (c) => {
    const at = projectOf(c);
    if (!at.ok) return at.error;
    const body = await readBody(c, tokenInput);
    if (!body.ok) return body.error;
    return answer(
      await jobQueue(c.env, at.value.owner, at.value.project).createUserToken(c.var.caller, body.value),
      201,
    );
  });
  return app;
}
