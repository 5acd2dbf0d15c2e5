/** Artifacts that a job leaves behind (Line 3, row 9): small JSON documents, kept in object storage. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { isUlid, ulid } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { keyOwner } from "../domain/idempotency.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { ARTIFACT_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { artifactAnswer, artifactMadeAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const artifactInput = z.strictObject({
  type: z.string().min(1).max(100),
  name: z.string().min(1).max(300),
  data: z.json(),
});

/** The id of what is posted under an idempotency key: the same key of the same token makes the same artifact. */
function idOfKey(owner: string, key: string): string {
  const hash = createHash("sha256").update(`artifact ${owner} ${key}`).digest();
  return ulid<string>(0, new Uint8Array(hash).subarray(0, 10));
}

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
    const { once } = c.var.caller;
    const id = once === undefined
      ? ulid<string>(createdAtMs, crypto.getRandomValues(new Uint8Array(10)))
      : idOfKey(keyOwner(c.var.caller), once.key);
    const artifact = {
      id,
      ...body.value,
      taskId: allowed.value.taskId,
      jobId: allowed.value.jobId,
      createdAt: createdAtMs,
    };
    const place = `artifacts/${owner}/${project}/${id}`;
    const stored = await c.env.BLOBS.put(place, JSON.stringify(artifact), {
      onlyIf: { etagDoesNotMatch: "*" },
      customMetadata: { fingerprint: once?.fingerprint ?? "" },
    });
    if (stored !== null) return c.json({ id, createdAt: createdAtMs }, 201);
    const first = await c.env.BLOBS.get(place);
    if (first === null || first.customMetadata?.["fingerprint"] !== once?.fingerprint) {
      return refusalResponse(queueRefusal({ reason: "idempotency_key_reused" }));
    }
    const { createdAt } = await first.json<{ createdAt: number }>();
    return c.json({ id, createdAt }, 201);
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
    const text = await stored.text();
    const { taskId } = JSON.parse(text) as { readonly taskId: string | null };
    // What a job left is its task's: who may not see the task's line may not see it either.
    const task = taskId === null ? null : await c.var.queue.readTask(c.var.caller, { taskId, baseUrl: "" });
    if (task !== null && !task.ok) return answer(task);
    return new Response(text, { headers: { "content-type": "application/json" } });
  });
  return app;
}

export const ARTIFACT_OPERATIONS: readonly Operation[] = [
  {
    tag: "Artifacts",
    method: "post",
    paths: [`${PROJECT_PATH}/artifacts`],
    summary: "Leave an artifact",
    tokens: ["job", "user"],
    scope: "tasks:write",
    body: artifactInput.extend({ data: z.unknown().meta({ description: "Any JSON." }) }),
    answers: { 201: artifactMadeAnswer },
  },
  {
    tag: "Artifacts",
    method: "get",
    paths: [`${PROJECT_PATH}/artifacts/:artifactId`],
    summary: "Read an artifact",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: artifactAnswer },
    refusals: ["404 artifact_not_found"],
  },
];
