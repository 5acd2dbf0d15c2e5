/** Artifacts that a job leaves behind (Line 3, row 9): small JSON documents, kept in object storage. */
import { Hono } from "hono";
import { z } from "zod";
import { isUlid, ulid } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { ARTIFACT_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";

const artifactInput = z.strictObject({
  type: z.string().min(1).max(100),
  name: z.string().min(1).max(300),
  data: z.json(),
});

export function createArtifactRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project/artifacts";

  app.post(path, bodyLimit(ARTIFACT_MAX_BYTES), async (c) => {
    const { owner, project } = c.var.at;
    const allowed = await c.var.queue.authorizeArtifact(c.var.caller);
    if (!allowed.ok) return answer(allowed);
    const body = await readBody(c, artifactInput);
    if (!body.ok) return body.error;
    const createdAtMs = Date.now();
    const id = ulid<string>(createdAtMs, crypto.getRandomValues(new Uint8Array(10)));
    const artifact = {
      id,
      ...body.value,
      taskId: allowed.value.taskId,
      jobId: allowed.value.jobId,
      createdAt: createdAtMs,
    };
    await c.env.BLOBS.put(`artifacts/${owner}/${project}/${id}`, JSON.stringify(artifact));
    return c.json({ id, createdAt: createdAtMs }, 201);
  });
  app.get(`${path}/:artifactId`, async (c) => {
    const { owner, project } = c.var.at;
    const readable = await c.var.queue.readProject(c.var.caller);
    if (!readable.ok) return answer(readable);
    const id = c.req.param("artifactId");
    const stored = isUlid(id) ? await c.env.BLOBS.get(`artifacts/${owner}/${project}/${id}`) : null;
    if (stored === null) {
      return refusalResponse(
        refusal(404, "artifact_not_found", `Cannot find artifact '${id}' in this project`),
      );
    }
    return new Response(await stored.text(), { headers: { "content-type": "application/json" } });
  });
  return app;
}
