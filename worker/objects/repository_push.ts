/**
 * One push: read its commands, take its pack (`repository_intake.ts`), then decide and apply in one synchronous
 * transaction.
 *
 * Invariants
 * 1. (O1) The transaction reads the refs, decides and writes without an `await`. What was found out before it is
 *    about objects, and objects are only ever added, so it is still true inside.
 * 2. A pack becomes the repository's only together with a ref that was accepted: a push that is refused, or cut off
 *    at any byte, leaves nothing that can be seen.
 */
import type { RepositoryAccess } from "../domain/task_repository_api.ts";
import { concatBytes } from "../git/bytes.ts";
import { isCovered } from "../git/history_walk.ts";
import { ZERO_ID } from "../git/object_id.ts";
import { peel } from "../git/object_source.ts";
import {
  type CommandOutcome,
  decideCommands,
  endOfCommands,
  parseReceiveRequest,
  type ReceiveRequest,
  refusalOfRef,
} from "../git/receive_command.ts";
import { encodeReceiveReport } from "../git/receive_report.ts";
import { PUSH_COMMANDS_MAX_BYTES, PUSH_DRAIN_MAX_BYTES } from "../limits.ts";
import { err } from "../../protocol/result.ts";
import type { RefTable } from "../store/repository/ref_table.ts";
import { type TakenPack, takePack } from "./repository_intake.ts";
import type { RepositoryObjects } from "./repository_objects.ts";
import type { BodyReader } from "./request_body.ts";

/** What a push needs of its object. */
export interface PushContext {
  readonly objects: RepositoryObjects;
  readonly refs: RefTable;
  readonly headRef: string;
  /** Runs `apply` in one synchronous transaction. */
  transact<T>(apply: () => T): T;
}

/** What came before the pack, and its first bytes. */
interface PushStart {
  readonly request: ReceiveRequest;
  readonly packStart: Uint8Array;
}

/** Answers `POST git-receive-pack`. Null: the body is not a push, or its sender went away. */
export async function receivePush(
  context: PushContext,
  access: RepositoryAccess,
  body: BodyReader,
): Promise<Uint8Array | null> {
  const start = await readStart(body);
  if (start === null) {
    await body.cancel();
    return null;
  }
  const { request } = start;
  const refuse = async (unpackError: string | null, refusal: (ref: string) => string) => {
    await body.drain(PUSH_DRAIN_MAX_BYTES);
    return encodeReceiveReport(
      unpackError,
      request.commands.map((command): CommandOutcome => ({ command, refusal: refusal(command.ref) })),
      request.capabilities,
    );
  };
  if (request.commands.length === 0) return new Uint8Array(0);
  const refusals = new Map(request.commands.map(({ ref }) => [ref, refusalOfRef(access, ref)]));
  if ([...refusals.values()].every((refusal) => refusal !== null)) {
    return await refuse(null, (ref) => refusals.get(ref)!);
  }
  const unpin = context.objects.packs.pin();
  try {
    await context.objects.packs.warm();
    const pack = await takeIfAny(context.objects, request, start.packStart, body);
    if (pack === null || pack.ok) {
      const outcomes = applyOnce(context, access, request, pack === null ? null : pack.value);
      return encodeReceiveReport(null, outcomes, request.capabilities);
    }
    if (pack.error.kind === "gone") return null;
    return await refuse(pack.error.line, () => "unpacker error");
  } finally {
    unpin();
  }
}

async function readStart(body: BodyReader): Promise<PushStart | null> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const end = endOfCommands(bytes);
    if (!end.ok || (end.value === null && bytes.length > PUSH_COMMANDS_MAX_BYTES)) return null;
    if (end.value !== null) {
      const parsed = parseReceiveRequest(bytes.subarray(0, end.value));
      return parsed.ok ? { request: parsed.value, packStart: bytes.subarray(end.value) } : null;
    }
    const piece = await body.read();
    if (piece === null || piece === "broken") return null;
    bytes = concatBytes([bytes, piece]);
  }
}

/** Null: a push that only deletes brings no pack, and one that lacks its pack may name objects that are here. */
async function takeIfAny(
  objects: RepositoryObjects,
  { commands }: ReceiveRequest,
  start: Uint8Array,
  body: BodyReader,
) {
  if (commands.every(({ newId }) => newId === ZERO_ID)) {
    await body.drain(PUSH_DRAIN_MAX_BYTES);
    return null;
  }
  const first = start.length > 0 ? start : await body.read();
  if (first === null) return null;
  return first === "broken" ? err({ kind: "gone" as const }) : await takePack(objects, first, body);
}

/** The transaction; a pack that no accepted ref needs is dropped. */
function applyOnce(
  context: PushContext,
  access: RepositoryAccess,
  request: ReceiveRequest,
  pack: TakenPack | null,
): CommandOutcome[] {
  const { objects } = context;
  let isDone = false;
  try {
    const outcomes = context.transact(() => apply(context, access, request, pack));
    isDone = true;
    return outcomes;
  } finally {
    if (!isDone && pack !== null) objects.unaccept(pack.incoming);
    pack?.incoming.drop();
  }
}

/** May this outcome leave objects that no ref reaches: a deletion, a move that is not forward, a refused part? */
function leavesOrphans(objects: RepositoryObjects, { command, refusal }: CommandOutcome): boolean {
  const { oldId, newId } = command;
  if (refusal !== null || newId === ZERO_ID) return true;
  return oldId !== ZERO_ID && !isCovered(objects, [newId], new Set([oldId]));
}

/** Inside the transaction: load, decide, apply (O1). */
function apply(
  { objects, refs, headRef }: PushContext,
  access: RepositoryAccess,
  { commands, capabilities }: ReceiveRequest,
  pack: TakenPack | null,
): CommandOutcome[] {
  const view = {
    refs: new Map(refs.list().map(({ name, objectId }) => [name, objectId])),
    headRef,
    typeOf: (id: string) => pack?.check.typeOf(id) ?? objects.typeOf(id),
  };
  const outcomes = decideCommands(commands, access, view, capabilities.has("atomic"));
  const accepted = outcomes.filter(({ refusal }) => refusal === null).map(({ command }) => command);
  const brings = accepted.some(({ newId }) => newId !== ZERO_ID);
  if (brings && pack !== null && pack.records.length > 0) {
    objects.accept(pack.incoming, pack.records, pack.isThin);
  }
  if (accepted.length > 0 && outcomes.some((outcome) => leavesOrphans(objects, outcome))) refs.markOrphans();
  for (const { ref, newId } of accepted) {
    if (newId === ZERO_ID) refs.remove(ref);
    else refs.set({ name: ref, objectId: newId, peeledId: peel(objects, newId).id });
  }
  return outcomes;
}
