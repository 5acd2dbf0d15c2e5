/**
 * The pages behind a gate's link. `GET /g` knows nothing: the token is in the fragment, which browsers do not send.
 * `POST /g` looks, with the token in its body; `POST /g/decision` is the answer. Only that one changes anything (G1).
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { reason } from "../../protocol/line/fields.ts";
import type { AppEnv } from "../app_env.ts";
import { deriveGateKey, readGateToken } from "../domain/gate_key.ts";
import type { GateError, GateView } from "../domain/former_gate_api.ts";
import { queueRefusal } from "../errors.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { GateEntryPage, GatePage } from "../pages/gate.tsx";
import { formerGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { page } from "./page_response.ts";
import { loadEvidence } from "./task_evidence.ts";

const decisionForm = z.object({
  token: z.string().trim(),
  action: z.enum(["approve", "reject"]),
  reason: reason.trim().default(""),
});

/** `GET /g`, `POST /g`, `POST /g/decision`. */
export function createGatePageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/g/*", bodyLimit({ maxSize: FORM_MAX_BYTES }));

  app.get("/g", (c) => page(c, GateEntryPage({ notice: null })));

  app.post("/g", async (c) => {
    const token = String((await c.req.parseBody())["token"] ?? "").trim();
    const askId = askIdOf(c, token);
    if (askId === null) return refuse(c, { reason: "token_malformed" });
    const seen = await formerGate(c.env, askId).view({ kind: "token", token });
    return seen.ok
      ? await show(c, { gate: seen.value, token, notice: null, reason: "" }, nowMs())
      : refuse(c, seen.error);
  });

  app.post("/g/decision", async (c) => {
    const form = decisionForm.safeParse(await c.req.parseBody());
    const token = form.success ? form.data.token : "";
    const askId = askIdOf(c, token);
    if (!form.success || askId === null) return refuse(c, { reason: "token_malformed" });
    const gate = formerGate(c.env, askId);
    const responder = { kind: "token", token } as const;
    const { action, reason } = form.data;
    if (action === "reject" && reason === "") {
      const seen = await gate.view(responder);
      if (!seen.ok) return refuse(c, seen.error);
      return await show(c, {
        gate: seen.value,
        token,
        notice: "Nothing was decided: to reject, say why.",
        reason,
      }, nowMs());
    }
    const decided = await gate.decide(responder, { action, reason });
    if (decided.ok) return await show(c, { gate: decided.value, token, notice: null, reason: "" }, nowMs());
    if (decided.error.reason !== "gate_already_resolved") return refuse(c, decided.error);
    const seen = await gate.view(responder);
    const notice = "Your answer came too late: the question was already answered.";
    return seen.ok
      ? await show(c, { gate: seen.value, token, notice, reason }, nowMs())
      : refuse(c, decided.error);
  });
  return app;
}

interface Shown {
  readonly gate: GateView;
  readonly token: string;
  readonly notice: string | null;
  readonly reason: string;
}

async function show(c: Context<AppEnv>, shown: Shown, nowMs: number): Promise<Response> {
  const { owner, project, taskId, baseCommit, headCommit } = shown.gate.ask;
  const access = await jobQueue(c.env, owner, project).repositoryForGate(taskId);
  if (!access.ok) {
    const { status, body } = queueRefusal(access.error);
    return await page(c, GateEntryPage({ notice: body.error.message }), status);
  }
  const repository = taskRepository(c.env, owner, project, taskId);
  const evidence = await loadEvidence(repository, access.value, { base: baseCommit, head: headCommit });
  const diff = { diff: evidence.diff, fault: evidence.diffFault };
  return await page(c, GatePage({ view: { ...shown, nowMs, reports: evidence.reports, diff } }));
}

const WORDS: Readonly<Partial<Record<GateError["reason"], string>>> = {
  token_malformed: "That is not the token of a gate: it begins with oag1 and has 92 characters.",
  token_superseded: "A newer link replaced this one. Use the newest that you got, or ask for another.",
  token_expired: "This link's time is over. Ask for a new one.",
  gate_cancelled: "This question was taken back: the task went on without an answer.",
};

function refuse(c: Context<AppEnv>, error: GateError): Response | Promise<Response> {
  const { status, body } = gateRefusal(error, null);
  return page(c, GateEntryPage({ notice: WORDS[error.reason] ?? body.error.message }), status);
}

/** The gate that a token is for, once its mac was found right; null for anything else. */
function askIdOf(c: Context<AppEnv>, token: string): string | null {
  const read = readGateToken(token, deriveGateKey(c.env.SHOPFLOOR_ADMIN_TOKEN ?? ""));
  return read.ok ? read.value.gateId : null;
}
