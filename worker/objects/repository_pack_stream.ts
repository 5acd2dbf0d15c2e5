/**
 * The bytes of a pack for a client, made piece by piece while it reads: whole packs as they are stored, entries out of
 * packs (`git/pack_plan.ts`), and single objects of old repositories. No more than a piece is in memory, but for what
 * has to be sent whole although it is stored as a delta. Objects never change, so nothing can move under the stream.
 */
import { concatBytes } from "../git/bytes.ts";
import type { ObjectPlace } from "../git/object_index.ts";
import { ENTRY_HEADER_MAX_BYTES, PACK_HEADER_BYTES, readPackEntryHeader } from "../git/pack_entry.ts";
import { PackPlan } from "../git/pack_plan.ts";
import { PackWriter } from "../git/pack_writer.ts";
import { ID_BYTES } from "../git/object_id.ts";
import { deflatePieces } from "../git/zlib_stream.ts";
import { PACK_DEFLATE_LEVEL, PACK_PIECE_BYTES } from "../limits.ts";
import type { PackRow } from "../store/repository/pack_table.ts";
import { NO_PACK, type RepositoryObjects } from "./repository_objects.ts";

/** What to send: all that is stored, or these objects. */
export type Selection = "everything" | readonly string[];

/** One stored pack as it is, or some of its entries. */
type Part =
  | { readonly kind: "pack"; readonly row: PackRow }
  | { readonly kind: "entries"; readonly pack: number; readonly places: ObjectPlace[] };

/**
 * The bytes of the pack, in pieces of about {@link PACK_PIECE_BYTES}. What is sent is settled by this call: a push that is
 * accepted before the last piece was read changes nothing.
 */
export function packPieces(
  objects: RepositoryObjects,
  selection: Selection,
): AsyncGenerator<Uint8Array, void> {
  const chosen = selection === "everything" ? null : new Set(selection);
  return piecesOf(objects, partsOf(objects, selection), (id) => chosen === null || chosen.has(id));
}

async function* piecesOf(
  objects: RepositoryObjects,
  parts: readonly Part[],
  isSent: (id: string) => boolean,
): AsyncGenerator<Uint8Array, void> {
  const writer = new PackWriter();
  yield writer.header(parts.reduce((sum, part) => sum + countOf(part), 0));
  for (const part of parts) {
    if (part.kind === "pack") yield* packBody(objects, writer, part.row);
    else if (part.pack === NO_PACK) yield* singles(objects, writer, part.places);
    else yield* entries(objects, writer, part.places, isSent);
  }
  yield writer.trailer();
}

function countOf(part: Part): number {
  return part.kind === "pack" ? part.row.objectCount : part.places.length;
}

/** Can everything be sent without reading into any pack? */
export function isAllWholePacks(objects: RepositoryObjects): boolean {
  return objects.packs.list().every((row) => row.duplicateCount === 0);
}

/** Groups what is selected by pack; a pack of which all is wanted, and all is its own, goes as it is. */
function partsOf(objects: RepositoryObjects, selection: Selection): Part[] {
  const rows = new Map(objects.packs.list().map((row) => [row.id, row]));
  const isOwn = (pack: number) => rows.get(pack)?.duplicateCount === 0;
  const byPack = new Map<number, ObjectPlace[]>();
  const choose = (place: ObjectPlace) => {
    const places = byPack.get(place.pack);
    if (places === undefined) byPack.set(place.pack, [place]);
    else places.push(place);
  };
  if (selection === "everything") {
    for (const place of objects.places()) if (!isOwn(place.pack)) choose(place);
  } else {
    for (const id of selection) choose(objects.find(id)!);
  }
  const parts: Part[] = [];
  const whole = (row: PackRow) => parts.push({ kind: "pack", row });
  if (selection === "everything") { for (const row of rows.values()) if (isOwn(row.id)) whole(row); }
  for (const [pack, places] of byPack) {
    const row = rows.get(pack);
    // A thin pack's bases may be none of what is sent.
    if (row !== undefined && isOwn(pack) && !row.isThin && places.length === row.objectCount) whole(row);
    else parts.push({ kind: "entries", pack, places: places.sort((a, b) => a.offset - b.offset) });
  }
  return parts;
}

/** All entries of one pack. Their distances to each other stay, so not one of them is looked at. */
async function* packBody(objects: RepositoryObjects, writer: PackWriter, row: PackRow) {
  for await (const piece of objects.packs.stream(row.id, PACK_HEADER_BYTES, row.bytes - ID_BYTES)) {
    yield writer.data(piece);
  }
}

async function* entries(
  objects: RepositoryObjects,
  writer: PackWriter,
  places: readonly ObjectPlace[],
  isSent: (id: string) => boolean,
) {
  const { packs } = objects;
  const plan = new PackPlan(isSent);
  const piece = new Piece();
  for (const { id, pack, offset, lengthBytes } of places) {
    const start = packs.read(pack, offset, Math.min(lengthBytes, ENTRY_HEADER_MAX_BYTES));
    const header = readPackEntryHeader(start, 0, offset);
    if (!header.ok) {
      throw new Error(`Cannot send pack ${pack} as its entries must be whole: ${offset} is not`);
    }
    const step = plan.next(offset, lengthBytes, header.value, writer.bytes);
    if (step.kind === "whole") {
      const { type, data } = (await objects.load(id))!;
      piece.add(writer.entry(type, data.length));
      for (const part of deflatePieces(data, PACK_DEFLATE_LEVEL)) {
        piece.add(writer.data(part));
        if (piece.isFull) yield piece.take();
      }
    } else {
      if (step.header !== null) piece.add(writer.data(step.header));
      for (let at = step.from; at < step.to; at += PACK_PIECE_BYTES) {
        piece.add(writer.data(packs.read(pack, at, Math.min(PACK_PIECE_BYTES, step.to - at))));
        if (piece.isFull) yield piece.take();
      }
    }
    if (piece.isFull) yield piece.take();
  }
  yield piece.take();
}

const IDS_PER_READ = 250;

async function* singles(objects: RepositoryObjects, writer: PackWriter, places: readonly ObjectPlace[]) {
  const rest = new Set(places.map(({ id }) => id));
  while (rest.size > 0) {
    const some: string[] = [];
    for (const id of rest) if (some.push(id) === IDS_PER_READ) break;
    const rows = objects.readSingles(some, PACK_PIECE_BYTES);
    if (rows.length === 0) {
      throw new Error("Cannot send pack as each object must be stored: current value is missing");
    }
    const piece = new Piece();
    for (const { id, type, sizeBytes, compressed } of rows) {
      rest.delete(id);
      if (compressed === null) continue;
      piece.add(writer.entry(type, sizeBytes));
      piece.add(writer.data(compressed));
    }
    yield piece.take();
    for (const { id, type, sizeBytes, compressed } of rows) {
      if (compressed !== null) continue;
      yield writer.entry(type, sizeBytes);
      for await (const chunk of await objects.openLarge(id)) yield writer.data(chunk);
    }
  }
}

/** Gathers small pieces into one. */
class Piece {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= PACK_PIECE_BYTES;
  }

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  take(): Uint8Array {
    const joined = concatBytes(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return joined;
  }
}
