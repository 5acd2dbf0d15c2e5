/**
 * Connectivity: the repository is *closed*, which means that every stored object's references are stored too. It is
 * kept by induction: a pack is taken only if each reference of each of its objects is in the pack or in the
 * repository, with the type that the reference says. So a ref that names a stored object names a whole history, and
 * no walk is needed at a push. Pure.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { referencesOf } from "./object.ts";
import type { ObjectType } from "./object_id.ts";
import type { ObjectRecord } from "./object_index.ts";
import type { PackError } from "./pack_error.ts";

export interface NotConnected {
  readonly reason: "missing_object" | "wrong_type";
  readonly id: string;
  readonly type: ObjectType;
}

/** Collects what the objects of one pack have and need; {@link ConnectivityCheck.see} fits `PackIntake`. */
export class ConnectivityCheck {
  readonly #have = new Map<string, ObjectType>();
  readonly #need = new Map<string, ObjectType>();
  #conflict: NotConnected | null = null;

  /** Notes one object and its references; malformed objects are refused here. A blob has none, and needs no data. */
  readonly see = (object: ObjectRecord, data: Uint8Array | null): Result<void, PackError> => {
    this.#have.set(object.id, object.type);
    if (data === null) return ok(undefined);
    const references = referencesOf(object.type, data);
    if (!references.ok) return references;
    for (const { id, type } of references.value) {
      const before = this.#need.get(id);
      if (before !== undefined && before !== type) this.#conflict = { reason: "wrong_type", id, type };
      this.#need.set(id, type);
    }
    return ok(undefined);
  };

  /** The type of an object that the pack brings. */
  typeOf(id: string): ObjectType | undefined {
    return this.#have.get(id);
  }

  /** Needed ids that the pack does not bring: the repository must have them. */
  external(): string[] {
    return [...this.#need.keys()].filter((id) => !this.#have.has(id));
  }

  /** Is the pack closed, given the types of the {@link external} ids that the repository has? */
  finish(stored: ReadonlyMap<string, ObjectType>): Result<void, NotConnected> {
    if (this.#conflict !== null) return err(this.#conflict);
    for (const [id, type] of this.#need) {
      const actual = this.#have.get(id) ?? stored.get(id);
      if (actual === undefined) return err({ reason: "missing_object", id, type });
      if (actual !== type) return err({ reason: "wrong_type", id, type });
    }
    return ok(undefined);
  }
}
