/** The page of an ask for people who are signed in, and its forms. No GET changes the ask; a look is on record (G1). */
import { type Context, Hono } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { viewerOf } from "../domain/caller.ts";
import type { GateView, HumanGateApi, Responder } from "../domain/human_gate_api.ts";
import { roleMay } from "../domain/role.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import type { GateFormAction, GatePageView } from "../pages/gate_parts.tsx";
import { askPath } from "../pages/gate_path.ts";
import { GatePage } from "../pages/gate.tsx";
import { gateWords } from "../pages/gate_words.ts";
import { taskPath } from "../pages/parts.tsx";
import { humanGate } from "../stubs/human_gate.ts";
import { evidenceOf, peopleOf, personOf } from "./gate_evidence.ts";
import { GATE_FORMS, readGateForm, type Typed, typedOf } from "./gate_form.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { missing, page, requireViewer } from "./page_response.ts";

const PATH = "/p/:owner/:project/asks/:askId";
const NO_ASK = "There is no such question.";

/** `GET /p/{owner}/{project}/asks/{askId}`; `POST .../{form}`. */
export function createAskPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const opened = await openAsk(c);
    return opened instanceof Response ? opened : await show(c, opened, nowMs());
  });

  app.post(`${PATH}/:form{(?:${GATE_FORMS})}`, bodyLimit(FORM_MAX_BYTES), async (c) => {
    const opened = await openAsk(c);
    if (opened instanceof Response) return opened;
    const { gate, object, responder } = opened;
    if (!isLetIn(c, gate)) {
      const text = "Nothing was done: this needs a role that may decide gates.";
      return await show(c, opened, nowMs(), { notice: { tone: "bad", text }, status: 403 });
    }
    const typed = typedOf(await c.req.parseBody());
    const action = readGateForm(c.req.param("form") as GateFormAction, typed, gate, nowMs());
    // The task's own page has the two buttons as well: it says what came of them in fixed words.
    const { origin, owner, project, askId } = gate.ask;
    const task = typed["from"] === "task" && origin.kind === "line_gate"
      ? taskPath(owner, project, origin.taskId)
      : null;
    const notice = (text: string) => ({ tone: "bad", text }) as const;
    if (!action.ok) {
      if (task !== null) return c.redirect(`${task}?notice=reason`, 303);
      return await show(c, opened, nowMs(), { notice: notice(action.error), typed, status: 422 });
    }
    const done = await object.act(responder, action.value, { key: null });
    if (done.ok) return c.redirect(task ?? askPath(owner, project, askId), 303);
    if (task !== null) {
      return c.redirect(`${task}?notice=${isLate(done.error.reason) ? "late" : "refused"}`, 303);
    }
    const after = await object.view(responder);
    const { status } = gateRefusal(done.error, askId);
    return await show(c, after.ok ? { ...opened, gate: after.value } : opened, nowMs(), {
      notice: notice(gateWords(done.error)),
      typed,
      status,
    });
  });
  return app;
}

function isLate(reason: string): boolean {
  return reason.startsWith("gate_");
}

interface OpenedAsk {
  readonly gate: GateView;
  readonly object: HumanGateApi;
  readonly responder: Responder;
}

/** What the path names, if the viewer may see it; else the page to send instead. */
async function openAsk(c: Context<AppEnv>): Promise<OpenedAsk | Response> {
  const viewer = await requireViewer(c);
  if (viewer instanceof Response) return viewer;
  const { owner = "", project = "", askId = "" } = c.req.param() as Record<string, string>;
  if (![owner, project, askId].every(isName)) return missing(c, NO_ASK);
  const object = humanGate(c.env, askId);
  const place = await object.place();
  // An ask is found by its id alone: who may look at one project sees none of another.
  if (place?.owner !== owner || place.project !== project) return missing(c, NO_ASK);
  const responder: Responder = { kind: "person", person: personOf(c)!, isAdmin: viewer.role === "admin" };
  const seen = await object.view(responder);
  if (!seen.ok) return missing(c, gateWords(seen.error));
  return { gate: seen.value, object, responder };
}

async function show(
  c: Context<AppEnv>,
  { gate, object }: OpenedAsk,
  nowMs: number,
  { notice = null, typed = {}, status = 200 }: {
    readonly notice?: GatePageView["notice"];
    readonly typed?: Typed;
    readonly status?: number;
  } = {},
): Promise<Response> {
  const { owner, project } = gate.ask;
  const [evidence, audit, people] = await Promise.all([
    evidenceOf(c, gate),
    object.audit(),
    peopleOf(c, owner, project),
  ]);
  const way = { kind: "person" } as const;
  const shown = isLetIn(c, gate) ? gate : { ...gate, may: [] };
  const view: GatePageView = { gate: shown, way, nowMs, evidence, audit, people, notice, typed };
  return await page(c, GatePage({ view }), status);
}

/** Where a policy names nobody and nobody was made its holder, it is asked of whoever may decide gates. */
function isLetIn(c: Context<AppEnv>, { ask, assignedTo }: GateView): boolean {
  const { users, groups } = ask.policy.candidates;
  if (users.length + groups.length > 0 || assignedTo !== null) return true;
  const viewer = viewerOf(c.var.caller);
  return viewer !== null && roleMay(viewer.role, "gates:decide");
}
