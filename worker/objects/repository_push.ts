/**
 * One push: read, take the pack apart, check, then decide and apply in one synchronous transaction.
 *
 * Invariants
 * 1. (O1) The transaction reads the refs, decides and writes without an `await`. What was found out before it is
 *    about objects, and objects are only ever added, so it is still true inside.
 * 2. Objects are written only together with a ref that was accepted: a refused push leaves no rows.
 * 3. Streams for R2 are there before the transaction; a crash in between leaves only an orphan.
 */
import type { RepositoryAccess } from "../domain/task_repository_api.ts";
import { ConnectivityCheck } from "../git/connectivity.ts";
import { isCovered } from "../git/history_walk.ts";
import { externalBases, type InflatedObject, resolveDeltas } from "../git/pack_resolve.ts";
import { describePackRefusal, megabytes } from "../git/pack_refusal.ts";
import { type PackObject, scanPack, type SeeObject } from "../git/pack_scan.ts";
import {
  type CommandOutcome,
  decideCommands,
  parseReceiveRequest,
  type ReceiveRequest,
} from "../git/receive_command.ts";
import { refusalOfRef } from "../git/receive_command.ts";
import { encodeReceiveReport } from "../git/receive_report.ts";
import { ZERO_ID } from "../git/object_id.ts";
import {
  GIT_OBJECT_MAX_BYTES,
  GIT_ROW_MAX_BYTES,
  PACK_BASE_CACHE_BYTES,
  PACK_EXPANDED_MAX_BYTES,
  PACK_LARGE_BASES_MAX_BYTES,
  PACK_OBJECTS_MAX,
  PACK_WORK_MAX_BYTES,
  PUSH_PACK_MAX_BYTES,
} from "../limits.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RefTable } from "../store/repository/ref_table.ts";
import type { RepositoryObjects } from "./repository_objects.ts";
import type { BoundedBody } from "./request_body.ts";

/** What a push needs of its object. */
export interface PushContext {
  readonly objects: RepositoryObjects;
  readonly refs: RefTable;
  readonly headRef: string;
  /** Runs `apply` in one synchronous transaction. */
  transact<T>(apply: () => T): T;
}

const PACK_LIMITS = {
  objectsMax: PACK_OBJECTS_MAX,
  objectBytesMax: GIT_OBJECT_MAX_BYTES,
  workBytesMax: PACK_WORK_MAX_BYTES,
  expandedBytesMax: PACK_EXPANDED_MAX_BYTES,
  cacheBytes: PACK_BASE_CACHE_BYTES,
};

/** A pack that was taken apart and found whole. */
interface PreparedPack {
  readonly objects: readonly PackObject[];
  readonly commits: ReadonlyMap<string, Uint8Array>;
  readonly check: ConnectivityCheck;
}

/** Answers `POST git-receive-pack`. Null: the body is not a push. */
export async function receivePush(context: PushContext, access: RepositoryAccess, body: BoundedBody) {
  const parsed = parseReceiveRequest(body.bytes);
  if (!parsed.ok) return null;
  const request = parsed.value;
  const refuse = (unpackError: string | null, refusal: (ref: string) => string) =>
    encodeReceiveReport(
      unpackError,
      request.commands.map((command): CommandOutcome => ({ command, refusal: refusal(command.ref) })),
      request.capabilities,
    );
  if (request.commands.length === 0) return new Uint8Array(0);
  const refusals = new Map(request.commands.map(({ ref }) => [ref, refusalOfRef(access, ref)]));
  if ([...refusals.values()].every((refusal) => refusal !== null)) {
    return refuse(null, (ref) => refusals.get(ref)!);
  }
  if (body.isCut) {
    const tooLarge = `the push is larger than ${megabytes(PUSH_PACK_MAX_BYTES)}`;
    return refuse(tooLarge, () => `${tooLarge}: push fewer commits or smaller files`);
  }
  const pack = await preparePack(context.objects, body.bytes.subarray(request.packStart));
  if (!pack.ok) return refuse(pack.error, () => "unpacker error");
  const outcomes = context.transact(() => apply(context, access, request, pack.value));
  return encodeReceiveReport(null, outcomes, request.capabilities);
}

/** Takes the pack apart and checks it; the error is one line for the person who pushes. */
async function preparePack(
  objects: RepositoryObjects,
  pack: Uint8Array,
): Promise<Result<PreparedPack, string>> {
  const check = new ConnectivityCheck();
  const commits = new Map<string, Uint8Array>();
  if (pack.length === 0) return ok({ objects: [], commits, check });
  const see: SeeObject = (object, data) => {
    if (object.type === "commit") commits.set(object.id, data);
    return check.see(object, data);
  };
  const scanned = scanPack(pack, PACK_LIMITS, see);
  if (!scanned.ok) return err(describePackRefusal(scanned.error));
  const bases = await loadLargeBases(objects, externalBases(scanned.value));
  if (!bases.ok) return bases;
  const baseOf = (id: string) => bases.value.get(id) ?? objects.readInline(id);
  const made = resolveDeltas(scanned.value, PACK_LIMITS, baseOf, see);
  if (!made.ok) return err(describePackRefusal(made.error));
  const connected = check.finish(objects.typesOf(check.external()));
  if (!connected.ok) return err(describePackRefusal(connected.error));
  const all = [...scanned.value.wholes.map((whole) => whole.object), ...made.value];
  if (all.some(({ type, compressed }) => type !== "blob" && compressed.length > GIT_ROW_MAX_BYTES)) {
    return err(`a directory, commit or tag is larger than ${GIT_ROW_MAX_BYTES} bytes`);
  }
  await objects.putLarge(all);
  return ok({ objects: all, commits, check });
}

/** Blobs in R2 that deltas start from. */
async function loadLargeBases(objects: RepositoryObjects, ids: Set<string>) {
  const large = objects.largeAmong(ids);
  const sizeBytes = [...large.values()].reduce((sum, size) => sum + size, 0);
  if (sizeBytes > PACK_LARGE_BASES_MAX_BYTES) {
    return err(`the deltas need ${megabytes(sizeBytes)} of large files: push with --no-thin`);
  }
  const loaded = new Map<string, InflatedObject>();
  for (const id of large.keys()) {
    const data = await objects.readData(id);
    if (data !== undefined) loaded.set(id, { type: "blob", data });
  }
  return ok(loaded);
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
  pack: PreparedPack,
): CommandOutcome[] {
  const view = {
    refs: new Map(refs.list().map(({ name, objectId }) => [name, objectId])),
    headRef,
    typeOf: (id: string) => pack.check.typeOf(id) ?? objects.typeOf(id),
  };
  const outcomes = decideCommands(commands, access, view, capabilities.has("atomic"));
  const accepted = outcomes.filter(({ refusal }) => refusal === null);
  if (accepted.some(({ command }) => command.newId !== ZERO_ID)) {
    objects.add(pack.objects);
    for (const [id, data] of pack.commits) objects.addCommit(id, data);
  }
  if (accepted.length > 0 && outcomes.some((outcome) => leavesOrphans(objects, outcome))) refs.markOrphans();
  for (const { command } of accepted) {
    if (command.newId === ZERO_ID) refs.remove(command.ref);
    else refs.set(command.ref, command.newId);
  }
  return outcomes;
}
