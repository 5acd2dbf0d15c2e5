/**
 * Answering clone and fetch: what to send is decided synchronously, then the pack is made piece by piece while the
 * client reads it, so no whole pack is ever in memory. Objects never change, so nothing can move under the stream.
 */
import { bytesOf, concatBytes } from "../git/bytes.ts";
import { type FetchRequest, parseFetchArguments, parseFetchBody } from "../git/fetch_request.ts";
import { isCovered, selectObjects } from "../git/history_walk.ts";
import { commonIds, negotiateProtocol0, negotiateProtocol2 } from "../git/negotiation.ts";
import { PackWriter } from "../git/pack_writer.ts";
import { FLUSH, pktLine, readPktLines } from "../git/pkt_line.ts";
import {
  type AdvertisedRefs,
  answerLsRefs,
  errorLine,
  joinSections,
  parseProtocol2,
} from "../git/ref_advertisement.ts";
import { planShallow, type ShallowPlan } from "../git/shallow_plan.ts";
import { sideBand } from "../git/side_band.ts";
import { PACK_PIECE_BYTES } from "../limits.ts";
import type { RepositoryObjects } from "./repository_objects.ts";

/** What a fetch needs of its object. */
export interface FetchContext {
  readonly objects: RepositoryObjects;
  readonly advertised: AdvertisedRefs;
  /** May there be objects that no ref reaches? */
  readonly hasOrphans: boolean;
}

type Answer = Uint8Array | ReadableStream<Uint8Array>;

/** Answers `POST git-upload-pack` in protocol 2. */
export function answerProtocol2(context: FetchContext, body: Uint8Array): Answer {
  const lines = readPktLines(body);
  if (!lines.ok) return errorLine("the request is not in pkt-line format");
  const { command, args } = parseProtocol2(lines.value);
  if (command === "ls-refs") return answerLsRefs(args, context.advertised);
  if (command !== "fetch") return errorLine("unknown command: this server knows ls-refs and fetch");
  const request = parseFetchArguments(args);
  if (!request.ok) return errorLine(request.error.detail);
  const planned = plan(context, request.value);
  if (typeof planned === "string") return errorLine(planned);
  const { answer, sendsPack } = negotiateProtocol2(request.value, viewOf(context, request.value));
  if (!sendsPack) return concatBytes([answer, FLUSH]);
  const sections = answer.length > 0 ? [answer] : [];
  if (planned.isDeepening) sections.push(concatBytes([pktLine("shallow-info\n"), shallowLines(planned)]));
  const before = joinSections([...sections, pktLine("packfile\n")]);
  return streamPack(context, request.value, planned, before);
}

/** Answers `POST git-upload-pack` in protocol 0 (and 1, which differs only in the advertisement). */
export function answerProtocol0(context: FetchContext, body: Uint8Array): Answer {
  const request = parseFetchBody(body);
  if (!request.ok) return errorLine(request.error.detail);
  if (request.value.wants.length === 0) return new Uint8Array(0);
  const planned = plan(context, request.value);
  if (typeof planned === "string") return errorLine(planned);
  const { answer, sendsPack } = negotiateProtocol0(request.value, viewOf(context, request.value));
  const shallow = planned.isDeepening ? concatBytes([shallowLines(planned), FLUSH]) : new Uint8Array(0);
  const before = concatBytes([shallow, answer]);
  return sendsPack ? streamPack(context, request.value, planned, before) : before;
}

/** The shallow plan, or why the request cannot be served. */
function plan({ objects, advertised }: FetchContext, request: FetchRequest): ShallowPlan | string {
  for (const want of request.wants) if (objects.typeOf(want) === undefined) return `not our ref ${want}`;
  const resolve = (name: string) =>
    advertised.refs.find((ref) => [name, `refs/tags/${name}`, `refs/heads/${name}`].includes(ref.name))?.id;
  const planned = planShallow(objects, request, resolve);
  if (planned.ok) return planned.value;
  return planned.error.reason === "nothing_selected"
    ? "no commits selected for shallow requests"
    : "deepen-not names a ref that is not here";
}

function viewOf({ objects }: FetchContext, request: FetchRequest) {
  return {
    has: (id: string) => objects.typeOf(id) !== undefined,
    isReady: (common: ReadonlySet<string>) => isCovered(objects, request.wants, common),
  };
}

function shallowLines({ shallow, unshallow }: ShallowPlan): Uint8Array {
  const lines = [...shallow.map((id) => `shallow ${id}\n`), ...unshallow.map((id) => `unshallow ${id}\n`)];
  return concatBytes(lines.map((line) => pktLine(line)));
}

/** Does the client want all that there is? Then no walk is needed: a clone costs reading, not thinking. */
function isFullClone(
  { advertised, hasOrphans }: FetchContext,
  request: FetchRequest,
  planned: ShallowPlan,
): boolean {
  if (hasOrphans || planned.isDeepening || request.clientShallow.length > 0 || request.haves.length > 0) {
    return false;
  }
  const wants = new Set(request.wants);
  return advertised.refs.every((ref) => wants.has(ref.id));
}

function selectIds(context: FetchContext, request: FetchRequest, planned: ShallowPlan): string[] {
  const tags = context.advertised.refs.filter((ref) => ref.peeledId !== null).map((ref) => ref.id);
  return selectObjects(context.objects, {
    wants: request.wants,
    common: commonIds(request, viewOf(context, request)),
    clientShallow: request.clientShallow,
    plan: planned,
    tags: request.includeTag ? tags : [],
  });
}

function streamPack(
  context: FetchContext,
  request: FetchRequest,
  planned: ShallowPlan,
  before: Uint8Array,
): ReadableStream<Uint8Array> {
  const ids = isFullClone(context, request, planned)
    ? context.objects.allIds()
    : selectIds(context, request, planned);
  const frame = (bytes: Uint8Array) => request.sideBand ? sideBand(1, bytes) : bytes;
  const pieces = packPieces(context.objects, ids);
  return new ReadableStream({
    start(controller) {
      if (before.length > 0) controller.enqueue(before);
    },
    async pull(controller) {
      try {
        const piece = await pieces.next();
        if (!piece.done) return controller.enqueue(frame(piece.value));
        if (request.sideBand) controller.enqueue(FLUSH);
        controller.close();
      } catch (cause) {
        // Too late for a status code: side band 3 is how git is told, and a raw pack just ends broken.
        console.error(
          JSON.stringify({
            event: "pack_stream_failed",
            cause: cause instanceof Error ? cause.name : "unknown",
          }),
        );
        if (!request.sideBand) return controller.error(cause);
        controller.enqueue(sideBand(3, bytesOf("the server could not read an object\n")));
        controller.close();
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

/** The bytes of the pack of `ids`, in pieces of about {@link PACK_PIECE_BYTES}. */
async function* packPieces(
  objects: RepositoryObjects,
  ids: readonly string[],
): AsyncGenerator<Uint8Array, void> {
  const writer = new PackWriter();
  yield writer.header(ids.length);
  const rest = new Set(ids);
  while (rest.size > 0) {
    const rows = objects.readSome(firstOf(rest), PACK_PIECE_BYTES);
    if (rows.length === 0) {
      throw new Error("Cannot send pack as each object must be stored: current value is missing");
    }
    const piece: Uint8Array[] = [];
    for (const { id, type, sizeBytes, compressed } of rows) {
      rest.delete(id);
      if (compressed !== null) piece.push(writer.entry(type, sizeBytes), writer.data(compressed));
    }
    if (piece.length > 0) yield concatBytes(piece);
    for (const { id, type, sizeBytes, compressed } of rows) {
      if (compressed !== null) continue;
      yield writer.entry(type, sizeBytes);
      for await (const chunk of await objects.openLarge(id)) yield writer.data(chunk);
    }
  }
  yield writer.trailer();
}

const IDS_PER_READ = 250;

function firstOf(ids: ReadonlySet<string>): string[] {
  const some: string[] = [];
  for (const id of ids) {
    some.push(id);
    if (some.length === IDS_PER_READ) break;
  }
  return some;
}
