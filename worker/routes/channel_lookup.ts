/** Which ask a channel's message is about, and which person it is from. */
import type { Context } from "hono";
import { isUlid } from "../../protocol/ids.ts";
import { PAGE_MAX } from "../../protocol/limits.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { AskRef, ChannelKind } from "../channels/inbound.ts";
import { asksAbout } from "../domain/channel_answer.ts";
import type { PersonIdentity } from "../domain/gate/action.ts";
import type { GateView } from "../domain/gate/gate_view.ts";
import type { WorklistItem } from "../domain/people_api.ts";
import { type HttpRefusal, refusal } from "../errors.ts";
import { CHANNEL_ASKS_SEARCHED_MAX } from "../limits.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { people } from "../stubs/people.ts";
import { type Outcome, refused } from "./channel_outcome.ts";

/** Where a message came in. */
export interface Place {
  readonly kind: ChannelKind;
  readonly owner: string;
  readonly project: string;
}

/** The open ask that a message means. */
export async function findAsk(
  c: Context<AppEnv>,
  at: Place,
  ref: AskRef,
  rev: string | null,
): Promise<Result<GateView, Outcome>> {
  if (ref.kind === "ask") {
    const view = isUlid(ref.askId) ? await humanGate(c.env, ref.askId).wait(-1, 0) : null;
    if (view !== null && view.ask.owner === at.owner && view.ask.project === at.project) return ok(view);
    return err(
      refused(refusal(404, "ask_not_found", `Cannot find ask '${ref.askId}' in this project`), null),
    );
  }
  const about = asksAbout(await waiting(c, at), ref.ref, rev);
  if (about.length > 1) {
    const ids = about.map(({ askId }) => askId);
    const message = `Cannot tell which ask about '${ref.ref}' is meant: name one of ${ids.join(", ")}`;
    return err(refused(refusal(409, "ambiguous_ask", message, { gates: ids }), null));
  }
  const view = about[0] === undefined ? null : await humanGate(c.env, about[0].askId).wait(-1, 0);
  if (view !== null) return ok(view);
  const message = `Nobody is asked about '${ref.ref}' in this project`;
  // Most reviews and comments of a repository are about nothing that is asked here.
  if (at.kind === "github") {
    const told = { isDone: false, isStale: false, text: message, ask: null };
    return err({ status: 200, body: { result: "nothing", why: message }, told });
  }
  return err(refused(refusal(404, "ask_not_found", `Cannot find the ask: ${message}`), null));
}

/** What is asked in the project right now, as far as it is looked through. */
async function waiting(c: Context<AppEnv>, at: Place): Promise<readonly WorklistItem[]> {
  const found: WorklistItem[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < CHANNEL_ASKS_SEARCHED_MAX / PAGE_MAX; pages++) {
    const page = await people(c.env, at.owner, at.project).worklist({
      principal: null,
      groups: [],
      limit: PAGE_MAX,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (!page.ok) break;
    found.push(...page.value.items);
    if (page.value.nextCursor === null) break;
    cursor = page.value.nextCursor;
  }
  return found;
}

/** The person behind an identity of the channel. */
export async function identify(
  c: Context<AppEnv>,
  at: Place,
  identity: string,
): Promise<Result<PersonIdentity, HttpRefusal>> {
  let person: PersonIdentity | null;
  try {
    person = await people(c.env, at.owner, at.project).identify(identity);
  } catch {
    const message = "Cannot answer right now as the project's people could not be looked up: try later";
    return err(refusal(503, "role_unknown", message));
  }
  if (person !== null) return ok(person);
  const message = `Cannot take the answer as '${identity}' is no identity of a person of this project`;
  return err(refusal(403, "unknown_person", message, { identity }));
}

/**
 * Did this person ask, or make what is asked about, by whatever name? The ask compares names; somebody who proposed as
 * `github:LOGIN` must not answer as `slack:ID`.
 */
export async function isOwnWork(
  c: Context<AppEnv>,
  at: Place,
  { ask }: GateView,
  { principal }: PersonIdentity,
): Promise<boolean> {
  const names = [ask.requestedBy, ...ask.proposers, ...ask.policy.exclude];
  for (const name of names.filter((one) => /^(?:github|slack|mail):/.test(one))) {
    const person = await people(c.env, at.owner, at.project).identify(name);
    if (person?.principal === principal) return true;
  }
  return false;
}
