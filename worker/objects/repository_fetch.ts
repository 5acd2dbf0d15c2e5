/**
 * Answering clone and fetch: what to send is decided synchronously, then the pack is made piece by piece while the
 * client reads it (`repository_pack_stream.ts`), so no whole pack is ever in memory.
 *
 * A full clone is decided from refs alone and sends packs as they are stored, from wherever they are. Anything else
 * walks, for which all packs are brought into rows first and kept there until the answer has been read.
 */
import { bytesOf, concatBytes } from "../git/bytes.ts";
import { encodeBundleHeader } from "../git/bundle.ts";
import { type FetchRequest, parseFetchArguments, parseFetchBody } from "../git/fetch_request.ts";
import { isCovered, selectObjects } from "../git/history_walk.ts";
import { commonIds, negotiateProtocol0, negotiateProtocol2 } from "../git/negotiation.ts";
import { NO_FILTER } from "../git/object_filter.ts";
import { FLUSH, pktLine, readPktLines } from "../git/pkt_line.ts";
import {
  type AdvertisedRefs,
  answerLsRefs,
  errorLine,
  joinSections,
  parseProtocol2,
} from "../git/ref_advertisement.ts";
import { planShallow, type ShallowPlan } from "../git/shallow_plan.ts";
import { sideBand, sideBandLines } from "../git/side_band.ts";
import type { RepositoryObjects } from "./repository_objects.ts";
import { isAllWholePacks, packPieces, type Selection } from "./repository_pack_stream.ts";

/** What a fetch needs of its object. */
export interface FetchContext {
  readonly objects: RepositoryObjects;
  readonly advertised: AdvertisedRefs;
  /** May there be objects that no ref reaches? */
  readonly hasOrphans: boolean;
}

type Answer = Uint8Array | ReadableStream<Uint8Array>;

/** Answers `POST git-upload-pack` in protocol 2. */
export async function answerProtocol2(context: FetchContext, body: Uint8Array): Promise<Answer> {
  const lines = readPktLines(body);
  if (!lines.ok) return errorLine("the request is not in pkt-line format");
  const { command, args } = parseProtocol2(lines.value);
  if (command === "ls-refs") return answerLsRefs(args, context.advertised);
  if (command !== "fetch") return errorLine("unknown command: this server knows ls-refs and fetch");
  const request = parseFetchArguments(args);
  if (!request.ok) return errorLine(request.error.detail);
  return await whilePinned(context, request.value, (unpin) => {
    const planned = plan(context, request.value);
    if (typeof planned === "string") return errorLine(planned);
    const { answer, sendsPack } = negotiateProtocol2(request.value, viewOf(context, request.value));
    if (!sendsPack) return concatBytes([answer, FLUSH]);
    const sections = answer.length > 0 ? [answer] : [];
    if (planned.isDeepening) sections.push(concatBytes([pktLine("shallow-info\n"), shallowLines(planned)]));
    const before = joinSections([...sections, pktLine("packfile\n")]);
    return streamPack(context, select(context, request.value, planned), before, true, unpin);
  });
}

/** Answers `POST git-upload-pack` in protocol 0 (and 1, which differs only in the advertisement). */
export async function answerProtocol0(context: FetchContext, body: Uint8Array): Promise<Answer> {
  const parsed = parseFetchBody(body);
  if (!parsed.ok) return errorLine(parsed.error.detail);
  const request = parsed.value;
  if (request.wants.length === 0) return new Uint8Array(0);
  return await whilePinned(context, request, (unpin) => {
    const planned = plan(context, request);
    if (typeof planned === "string") return errorLine(planned);
    const { answer, sendsPack } = negotiateProtocol0(request, viewOf(context, request));
    const shallow = planned.isDeepening ? concatBytes([shallowLines(planned), FLUSH]) : new Uint8Array(0);
    const before = concatBytes([shallow, answer]);
    return sendsPack
      ? streamPack(context, select(context, request, planned), before, request.sideBand, unpin)
      : before;
  });
}

/** All refs and what they reach as a bundle, which git clones from like from a repository. */
export async function bundleAll(context: FetchContext): Promise<Answer> {
  const refs = context.advertised.refs;
  const request: FetchRequest = {
    wants: [...new Set(refs.map((ref) => ref.id))],
    clientShallow: [],
    deepen: { kind: "none" },
    filter: NO_FILTER,
    haves: [],
    isDone: true,
    includeTag: false,
    sideBand: false,
    multiAckDetailed: false,
    noDone: false,
  };
  return await whilePinned(context, request, (unpin) => {
    const planned = { shallow: [], unshallow: [], cuts: new Set<string>(), isDeepening: false };
    const head = refs.find((ref) => ref.name === context.advertised.headRef);
    const before = encodeBundleHeader(head === undefined ? refs : [...refs, { ...head, name: "HEAD" }]);
    return streamPack(context, select(context, request, planned), before, false, unpin);
  });
}

/** Warms the packs unless the answer needs no look into them; `make` calls `unpin` if its answer outlives it. */
async function whilePinned(
  context: FetchContext,
  request: FetchRequest,
  make: (unpin: () => void) => Answer,
): Promise<Answer> {
  const { packs } = context.objects;
  const unpin = packs.pin();
  let isStreaming = false;
  try {
    if (!isFullClone(context, request) || !isAllWholePacks(context.objects)) await packs.warm();
    const answer = make(unpin);
    isStreaming = answer instanceof ReadableStream;
    return answer;
  } finally {
    if (!isStreaming) unpin();
  }
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
function isFullClone({ advertised, hasOrphans }: FetchContext, request: FetchRequest): boolean {
  const { blobBytes, treeDepth } = request.filter;
  const isPart = request.deepen.kind !== "none" || blobBytes !== Infinity || treeDepth !== Infinity;
  if (hasOrphans || isPart || request.clientShallow.length > 0 || request.haves.length > 0) return false;
  const wants = new Set(request.wants);
  return advertised.refs.every((ref) => wants.has(ref.id));
}

function select(context: FetchContext, request: FetchRequest, planned: ShallowPlan): Selection {
  if (isFullClone(context, request)) return "everything";
  const tags = context.advertised.refs.filter((ref) => ref.peeledId !== null).map((ref) => ref.id);
  return selectObjects(context.objects, {
    wants: request.wants,
    common: commonIds(request, viewOf(context, request)),
    clientShallow: request.clientShallow,
    plan: planned,
    tags: request.includeTag ? tags : [],
    filter: request.filter,
  });
}

function streamPack(
  { objects }: FetchContext,
  selection: Selection,
  before: Uint8Array,
  usesSideBand: boolean,
  unpin: () => void,
): ReadableStream<Uint8Array> {
  const pieces = packPieces(objects, selection);
  return new ReadableStream({
    start(controller) {
      if (before.length > 0) controller.enqueue(before);
    },
    async pull(controller) {
      try {
        const piece = await pieces.next();
        if (!piece.done) {
          if (!usesSideBand) return controller.enqueue(piece.value);
          for (const part of sideBandLines(1, piece.value)) controller.enqueue(part);
          return;
        }
        if (usesSideBand) controller.enqueue(FLUSH);
      } catch (cause) {
        // Too late for a status code: side band 3 is how git is told, and a raw pack just ends broken.
        console.error(
          JSON.stringify({
            event: "pack_stream_failed",
            cause: cause instanceof Error ? cause.name : "unknown",
          }),
        );
        if (!usesSideBand) {
          unpin();
          return controller.error(cause);
        }
        controller.enqueue(sideBand(3, bytesOf("the server could not read an object\n")));
      }
      unpin();
      controller.close();
    },
    async cancel() {
      unpin();
      await pieces.return(undefined);
    },
  });
}
