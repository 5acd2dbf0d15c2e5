/**
 * Reading a pack, second half: turns deltas into whole objects, whatever order the pack has them in. Pure; objects
 * that the repository already has come from `baseOf`, synchronously.
 *
 * A delta's base is an entry of the pack, an object of the repository (thin pack), or an object that another delta
 * of the pack makes. The last kind waits until that object exists. Chains are climbed in a loop, so their depth is
 * bounded by memory that was already paid for, not by the stack.
 *
 * Invariants
 * 1. Each delta becomes exactly one object, or the whole pack is refused: nothing is skipped.
 * 2. All work is counted against `workBytesMax`, so that a small pack cannot cost without end.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { applyDelta, readDeltaSizes } from "./delta.ts";
import { hashObject, type ObjectType } from "./object_id.ts";
import type { PackDelta, PackError, PackLimits, PackObject, ScannedPack, SeeObject } from "./pack_scan.ts";
import { deflate, inflateStored } from "./zlib_stream.ts";

/** An object's type and inflated data. */
export interface InflatedObject {
  readonly type: ObjectType;
  readonly data: Uint8Array;
}

/** Fast compression: the objects of a push are compressed while its sender waits. */
const DEFLATE_LEVEL = 3;

/** The ids that deltas name as bases and that are not whole objects of the pack: they may have to be loaded first. */
export function externalBases(scanned: ScannedPack): Set<string> {
  const own = new Set(scanned.wholes.map((whole) => whole.object.id));
  const bases = new Set<string>();
  for (const { base } of scanned.deltas) {
    if (base.kind === "reference" && !own.has(base.id)) bases.add(base.id);
  }
  return bases;
}

/** Resolves all deltas of `scanned`; `see` is called once for each object made. Returns the objects made. */
export function resolveDeltas(
  scanned: ScannedPack,
  limits: PackLimits,
  baseOf: (id: string) => InflatedObject | undefined,
  see: SeeObject,
): Result<PackObject[], PackError> {
  return new DeltaResolver(scanned, limits, baseOf, see).run();
}

type Step = Result<"made" | "waiting", PackError>;

class DeltaResolver {
  readonly #wholeAt = new Map<number, PackObject>();
  readonly #deltaAt = new Map<number, PackDelta>();
  /** Where in the pack each known object starts. */
  readonly #offsetOf = new Map<string, number>();
  readonly #waiting = new Map<string, PackDelta[]>();
  readonly #doneAt = new Set<number>();
  readonly #cache: BoundedCache;
  readonly #made: PackObject[] = [];
  #workBytes: number;
  #expandedBytes = 0;

  constructor(
    private readonly scanned: ScannedPack,
    private readonly limits: PackLimits,
    private readonly baseOf: (id: string) => InflatedObject | undefined,
    private readonly see: SeeObject,
  ) {
    this.#cache = new BoundedCache(limits.cacheBytes);
    this.#workBytes = scanned.workBytes;
    for (const { offset, object } of scanned.wholes) {
      this.#wholeAt.set(offset, object);
      this.#offsetOf.set(object.id, offset);
    }
    for (const delta of scanned.deltas) this.#deltaAt.set(delta.offset, delta);
  }

  run(): Result<PackObject[], PackError> {
    const queue = [...this.scanned.deltas];
    for (let next = 0; next < queue.length; next++) {
      if (this.#doneAt.has(queue[next]!.offset)) continue;
      const step = this.#resolve(queue[next]!, queue);
      if (!step.ok) return step;
    }
    for (const [id] of this.#waiting) return err({ reason: "missing_delta_base", id });
    return ok(this.#made);
  }

  /** Climbs from `delta` to something whole, then applies the chain downwards. */
  #resolve(delta: PackDelta, queue: PackDelta[]): Step {
    const chain: PackDelta[] = [];
    let offset = delta.offset;
    let found: InflatedObject | undefined;
    while ((found = this.#cache.get(offset)) === undefined) {
      const whole = this.#wholeAt.get(offset);
      if (whole !== undefined) {
        const work = this.#spend(whole.sizeBytes);
        if (!work.ok) return work;
        found = { type: whole.type, data: inflateStored(whole.compressed, whole.sizeBytes) };
        this.#cache.set(offset, found);
        break;
      }
      const link = this.#deltaAt.get(offset);
      if (link === undefined) return err({ reason: "bad_pack_entry", offset: delta.offset });
      chain.push(link);
      const baseOffset = link.base.kind === "offset" ? link.base.offset : this.#offsetOf.get(link.base.id);
      if (baseOffset !== undefined) {
        offset = baseOffset;
        continue;
      }
      const baseId = link.base.kind === "reference" ? link.base.id : "";
      found = this.baseOf(baseId);
      if (found !== undefined) break;
      this.#waiting.set(baseId, [...(this.#waiting.get(baseId) ?? []), delta]);
      return ok("waiting");
    }
    for (let i = chain.length - 1; i >= 0; i--) {
      const applied = this.#apply(found, chain[i]!, queue);
      if (!applied.ok) return applied;
      found = applied.value;
    }
    return ok("made");
  }

  #apply(base: InflatedObject, link: PackDelta, queue: PackDelta[]): Result<InflatedObject, PackError> {
    const sizes = readDeltaSizes(link.delta);
    if (!sizes.ok) return sizes;
    if (sizes.value.resultBytes > this.limits.objectBytesMax) {
      return err({ reason: "pack_object_too_large", bytesMax: this.limits.objectBytesMax });
    }
    const work = this.#spend(sizes.value.resultBytes);
    if (!work.ok) return work;
    const data = applyDelta(base.data, link.delta);
    if (!data.ok) return data;
    const object = { type: base.type, data: data.value };
    this.#cache.set(link.offset, object);
    if (this.#doneAt.has(link.offset)) return ok(object);
    this.#doneAt.add(link.offset);
    const kept = this.#keep(object, link.offset, queue);
    return kept.ok ? ok(object) : kept;
  }

  #keep({ type, data }: InflatedObject, offset: number, queue: PackDelta[]): Result<void, PackError> {
    const object = {
      id: hashObject(type, data),
      type,
      sizeBytes: data.length,
      compressed: deflate(data, DEFLATE_LEVEL),
    };
    this.#expandedBytes += object.compressed.length;
    if (this.#expandedBytes > this.limits.expandedBytesMax) {
      return err({ reason: "pack_too_costly", workBytesMax: this.limits.expandedBytesMax });
    }
    this.#made.push(object);
    this.#offsetOf.set(object.id, offset);
    queue.push(...(this.#waiting.get(object.id) ?? []));
    this.#waiting.delete(object.id);
    return this.see(object, data);
  }

  #spend(bytes: number): Result<void, PackError> {
    this.#workBytes += bytes;
    const { workBytesMax } = this.limits;
    return this.#workBytes > workBytesMax ? err({ reason: "pack_too_costly", workBytesMax }) : ok(undefined);
  }
}

/** Keeps the objects seen last, up to a number of bytes. */
class BoundedCache {
  readonly #objects = new Map<number, InflatedObject>();
  #bytes = 0;

  constructor(private readonly bytesMax: number) {}

  get(offset: number): InflatedObject | undefined {
    return this.#objects.get(offset);
  }

  set(offset: number, object: InflatedObject): void {
    if (this.#objects.has(offset)) return;
    this.#objects.set(offset, object);
    this.#bytes += object.data.length;
    for (const [oldest, { data }] of this.#objects) {
      if (this.#bytes <= this.bytesMax || oldest === offset) break;
      this.#objects.delete(oldest);
      this.#bytes -= data.length;
    }
  }
}
