/** The kept turns of an agent on the runner's control socket (`control_socket.ts`). */
import { z } from "zod";
import { CONTROL_FIELD_MAX_CHARS } from "../limits.ts";
import type { TurnsError } from "../domain/turns.ts";
import type { KnownAgent } from "./agent_registry.ts";
import { refusal } from "./hub.ts";

const turnNumber = z.int().min(0);
const rewindInput = z.strictObject({ turn: turnNumber });
const forkInput = z.strictObject({
  turn: turnNumber,
  branch: z.string().min(1).max(CONTROL_FIELD_MAX_CHARS),
  into: z.string().startsWith("/").max(CONTROL_FIELD_MAX_CHARS).optional(),
});

const STATUSES: Readonly<Record<TurnsError["code"], number>> = {
  turn_not_found: 404,
  turn_not_kept: 409,
  branch_invalid: 400,
  directory_taken: 409,
  agent_busy: 409,
  turn_failed: 500,
};

type Agent = Pick<KnownAgent, "turns">;

export async function listTurns({ turns }: Agent): Promise<Response> {
  const listed = await turns.list();
  return listed.ok ? Response.json({ turns: listed.value }) : refused(listed.error);
}

/** @param body As it came; a response says what was wrong with it already. */
export async function changeTurns(
  { turns }: Agent,
  act: "rewind" | "fork",
  body: unknown,
): Promise<Response> {
  if (body instanceof Response) return body;
  if (act === "fork") {
    const wish = forkInput.safeParse(body);
    if (!wish.success) return invalid(wish.error);
    const made = await turns.fork(wish.data.turn, wish.data.branch, wish.data.into ?? null);
    if (!made.ok) return refused(made.error);
    const { branch, dir, commit } = made.value;
    return answer(`branch ${branch} is at ${commit.slice(0, 12)} in ${dir}`, made.value);
  }
  const wish = rewindInput.safeParse(body);
  if (!wish.success) return invalid(wish.error);
  const done = await turns.rewind(wish.data.turn);
  if (!done.ok) return refused(done.error);
  const { turn: { turn }, keptAs, resumed } = done.value;
  const how = resumed === null ? "the agent is suspended" : `the agent goes on (${resumed})`;
  return answer(
    `the files are as after turn ${turn}; as they were before is turn ${keptAs}; ${how}`,
    done.value,
  );
}

function invalid(error: z.ZodError): Response {
  const issue = error.issues[0];
  const what = `${issue?.path.join(".") || "body"}: ${issue?.message ?? "not expected"}`;
  return refusal(400, "invalid_input", what);
}

function answer(detail: string, value: object): Response {
  return Response.json({ outcome: "done", detail, ...value });
}

function refused({ code, message }: TurnsError): Response {
  return refusal(STATUSES[code], code, message);
}
