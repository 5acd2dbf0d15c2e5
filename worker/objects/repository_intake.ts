/**
 * Taking the pack of one push: its bytes go into rows as they come, and are read, checked and indexed on the way
 * (`git/pack_intake.ts`). What comes out is a pack that is whole and closed, and nobody's yet.
 */
import { ConnectivityCheck } from "../git/connectivity.ts";
import { type LargeProgress, openLargeStream } from "../git/large_stream.ts";
import type { ObjectRecord } from "../git/object_index.ts";
import type { PackError } from "../git/pack_error.ts";
import { type IntakeAccess, PackIntake } from "../git/pack_intake.ts";
import { describePackRefusal, megabytes } from "../git/pack_refusal.ts";
import { ObjectCache } from "../git/packed_object.ts";
import { startObjectId } from "../git/sha1.ts";
import {
  GIT_OBJECT_MAX_BYTES,
  GIT_STRUCTURE_MAX_BYTES,
  PACK_DELTA_DEPTH_MAX,
  PACK_INTAKE_CACHE_BYTES,
  PACK_LARGE_BASES_MAX_BYTES,
  PACK_LARGE_ENTRY_BYTES,
  PACK_OBJECTS_MAX,
  PACK_WORK_MAX_BYTES,
  PUSH_PACK_MAX_BYTES,
  REPOSITORY_MAX_BYTES,
} from "../limits.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { inflateLarge } from "./large_object.ts";
import type { RepositoryObjects } from "./repository_objects.ts";
import type { IncomingPack } from "./repository_incoming.ts";
import type { BodyReader } from "./request_body.ts";

const PACK_LIMITS = {
  objectsMax: PACK_OBJECTS_MAX,
  objectBytesMax: GIT_OBJECT_MAX_BYTES,
  structureBytesMax: GIT_STRUCTURE_MAX_BYTES,
  largeEntryBytes: PACK_LARGE_ENTRY_BYTES,
  workBytesMax: PACK_WORK_MAX_BYTES,
  depthMax: PACK_DELTA_DEPTH_MAX,
};

/** A pack that was read and found whole. */
export interface TakenPack {
  readonly incoming: IncomingPack;
  readonly records: readonly ObjectRecord[];
  /** Has it deltas whose base is in the repository? */
  readonly isThin: boolean;
  readonly check: ConnectivityCheck;
}

/** Why a pack was not taken: one line for the person who pushes, or that nobody is there to read it. */
export type IntakeRefusal = { readonly kind: "refused"; readonly line: string } | { readonly kind: "gone" };

type Taken<T> = Result<T, IntakeRefusal>;

const refused = (line: string) => err<IntakeRefusal>({ kind: "refused", line });
const damaged = (error: PackError) => refused(describePackRefusal(error));

/** Reads a pack of which `start` has come already. If it is refused, its bytes are dropped, and the rest is not read. */
export async function takePack(
  objects: RepositoryObjects,
  start: Uint8Array,
  body: BodyReader,
): Promise<Taken<TakenPack>> {
  const incoming = objects.packs.receive();
  let isTaken = false;
  try {
    const taken = await new Taking(objects, incoming, body).run(start);
    isTaken = taken.ok;
    return taken;
  } finally {
    if (!isTaken) incoming.drop();
  }
}

class Taking {
  readonly #check = new ConnectivityCheck();
  readonly #intake: PackIntake;
  readonly #access: IntakeAccess;
  #isEnded = false;

  constructor(
    private readonly objects: RepositoryObjects,
    private readonly incoming: IncomingPack,
    private readonly body: BodyReader,
  ) {
    this.#access = {
      read: (pack: number, offset: number, bytes: number) => objects.packs.read(pack, offset, bytes),
      find: (id: string) => objects.findBase(id),
      cache: new ObjectCache(PACK_INTAKE_CACHE_BYTES),
    };
    this.#intake = new PackIntake(incoming.id, PACK_LIMITS, this.#access, this.#check.see);
  }

  async run(start: Uint8Array): Promise<Taken<TakenPack>> {
    const begun = this.#feed(start);
    if (!begun.ok) return begun;
    const read = await this.#drive();
    if (!read.ok) return read;
    this.incoming.finish();
    const given = await this.#giveMissingBases();
    if (!given.ok) return given;
    const connected = this.#check.finish(this.objects.typesOf(this.#check.external()));
    if (!connected.ok) return refused(describePackRefusal(connected.error));
    const { records, isThin } = this.#intake;
    return ok({ incoming: this.incoming, records, isThin, check: this.#check });
  }

  /** Does what the reader asks for, until it has read everything. */
  async #drive(): Promise<Taken<void>> {
    for (;;) {
      const step = this.#intake.step();
      if (!step.ok) return damaged(step.error);
      if (step.value === "done" && this.#isEnded) return ok(undefined);
      const went = step.value === "large"
        ? await this.#inflateArriving()
        : step.value === "large_base"
        ? await this.#inflateBase()
        : await this.#readOn();
      if (!went.ok) return went;
    }
  }

  /** Puts bytes into rows, then gives them to the reader, which may look back at any time. */
  #feed(bytes: Uint8Array): Taken<void> {
    if (this.incoming.bytes + bytes.length > PUSH_PACK_MAX_BYTES) {
      return refused(
        `the push is larger than ${megabytes(PUSH_PACK_MAX_BYTES)}: push fewer commits or smaller files`,
      );
    }
    if (this.objects.packs.totalBytes() + this.incoming.bytes + bytes.length > REPOSITORY_MAX_BYTES) {
      return refused(`the repository would be larger than ${megabytes(REPOSITORY_MAX_BYTES)}`);
    }
    this.incoming.append(bytes);
    this.#intake.feed(bytes);
    return ok(undefined);
  }

  async #readOn(): Promise<Taken<void>> {
    const piece = await this.body.read();
    if (piece === "broken") return err({ kind: "gone" });
    if (piece !== null) return this.#feed(piece);
    this.#isEnded = true;
    this.#intake.end();
    return ok(undefined);
  }

  /** Inflates the entry at hand piece by piece; its data is kept only where it is needed whole. */
  async #inflateArriving(): Promise<Taken<void>> {
    const { offset, sizeBytes, keepsData } = this.#intake.large;
    const hash = startObjectId("blob", sizeBytes);
    const data = keepsData ? new Uint8Array(sizeBytes) : null;
    let at = 0;
    const stream = openLargeStream(sizeBytes, (bytes) => {
      if (data === null) hash.update(bytes);
      else data.set(bytes, at);
      at += bytes.length;
    });
    try {
      for (;;) {
        const piece = this.#intake.peek();
        const progress = await new Promise<LargeProgress>((told) => stream.write(piece, told));
        if (progress.kind === "bad") return damaged({ reason: "bad_zlib_stream", offset });
        this.#intake.consume(progress.kind === "more" ? piece.length : progress.consumedBytes);
        if (progress.kind === "ended") break;
        if (this.#isEnded) return damaged({ reason: "truncated_pack" });
        const more = await this.#readOn();
        if (!more.ok) return more;
      }
    } finally {
      stream.close();
    }
    const result = data === null ? { kind: "id" as const, id: hash.hex() } : { kind: "data" as const, data };
    const finished = this.#intake.finishLarge(result);
    return finished.ok ? ok(undefined) : damaged(finished.error);
  }

  /** Inflates a large base that arrived before, or is in another pack, to where the reader looks for it. */
  async #inflateBase(): Promise<Taken<void>> {
    const base = this.#intake.largeBase;
    const object = await inflateLarge(this.#access.read, base);
    if (object === null) return damaged({ reason: "bad_zlib_stream", offset: base.dataOffset });
    this.#access.cache.set(base, object);
    return ok(undefined);
  }

  /** Loads what deltas wait for: a large blob of a repository that is older than packs, or nothing that is here. */
  async #giveMissingBases(): Promise<Taken<void>> {
    let bytes = 0;
    for (let [id] = this.#intake.missingBases(); id !== undefined; [id] = this.#intake.missingBases()) {
      bytes += this.objects.sizeOf(id) ?? 0;
      if (bytes > PACK_LARGE_BASES_MAX_BYTES) {
        return refused(`the deltas need ${megabytes(bytes)} of large files: push with --no-thin`);
      }
      const object = await this.objects.load(id);
      if (object === undefined) return damaged({ reason: "missing_delta_base", id });
      this.#intake.provide(id, object);
      const read = await this.#drive();
      if (!read.ok) return read;
    }
    return ok(undefined);
  }
}
