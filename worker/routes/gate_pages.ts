/**
 * The pages behind a gate's link. `GET /g` knows nothing: the token is in the fragment, which browsers do not send.
 * `POST /g` looks, with the token in its body; `POST /g/{form}` does something, with the token in its body as well. Only
 * those change anything (G1). The token is in no address and in no cookie.
 */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { deriveGateKey, readGateToken } from "../domain/gate_key.ts";
import type { GateError, GateView, Responder } from "../domain/human_gate_api.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import type { GateFormAction, GatePageView } from "../pages/gate_parts.tsx";
import { GateEntryPage, GatePage } from "../pages/gate.tsx";
import { gateWords } from "../pages/gate_words.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { evidenceOf, personOf } from "./gate_evidence.ts";
import { GATE_FORMS, readGateForm, type Typed, typedOf } from "./gate_form.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { page } from "./page_response.ts";

/** `GET /g`, `POST /g`, `POST /g/{form}`. */
export function createGatePageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/g/*", bodyLimit(FORM_MAX_BYTES));

  app.get("/g", (c) => page(c, GateEntryPage({ notice: null })));

  app.post("/g", async (c) => {
    const link = await linkOf(c);
    if (link === null) return refuse(c, { reason: "token_malformed" });
    const seen = await humanGate(c.env, link.askId).view(link.responder);
    return seen.ok ? await show(c, link, { gate: seen.value, notice: null }, nowMs()) : refuse(c, seen.error);
  });

  app.post(`/g/:form{(?:${GATE_FORMS})}`, async (c) => {
    const link = await linkOf(c);
    if (link === null) return refuse(c, { reason: "token_malformed" });
    const gate = humanGate(c.env, link.askId);
    const seen = await gate.view(link.responder);
    if (!seen.ok) return refuse(c, seen.error);
    const action = readGateForm(c.req.param("form") as GateFormAction, link.typed, seen.value, nowMs());
    if (!action.ok) {
      const notice = { tone: "bad", text: action.error } as const;
      return await show(c, link, { gate: seen.value, notice }, nowMs(), 422);
    }
    const done = await gate.act(link.responder, action.value, { key: null });
    if (done.ok) return await show(c, { ...link, typed: {} }, { gate: done.value, notice: null }, nowMs());
    const after = await gate.view(link.responder);
    if (!after.ok) return refuse(c, done.error);
    const notice = { tone: "bad", text: gateWords(done.error) } as const;
    const { status } = gateRefusal(done.error, link.askId);
    return await show(c, link, { gate: after.value, notice }, nowMs(), status);
  });
  return app;
}

interface Link {
  readonly askId: string;
  readonly token: string;
  readonly responder: Responder;
  readonly typed: Typed;
}

/** The link that the form bears, once its mac was found right; null for anything else. */
async function linkOf(c: Context<AppEnv>): Promise<Link | null> {
  const typed = typedOf(await c.req.parseBody());
  const token = (typed["token"] ?? "").trim();
  const read = readGateToken(token, deriveGateKey(c.env.SHOPFLOOR_ADMIN_TOKEN ?? ""));
  if (!read.ok) return null;
  return { askId: read.value.gateId, token, typed, responder: { kind: "token", token, person: personOf(c) } };
}

async function show(
  c: Context<AppEnv>,
  { token, typed }: Link,
  shown: { readonly gate: GateView; readonly notice: GatePageView["notice"] },
  nowMs: number,
  status = 200,
): Promise<Response> {
  const evidence = await evidenceOf(c, shown.gate);
  const way = { kind: "link", token } as const;
  return await page(
    c,
    GatePage({ view: { ...shown, way, nowMs, evidence, audit: null, people: [], typed } }),
    status,
  );
}

function refuse(c: Context<AppEnv>, error: GateError): Promise<Response> {
  return page(c, GateEntryPage({ notice: gateWords(error) }), gateRefusal(error, null).status);
}
