/**
 * The rows of one decision, each in its last form, in the order in which they were put last (`draft.ts`, D2).
 *
 * Most decisions write a handful: they are searched one by one, which is cheaper than any map. The few that write many
 * get one.
 */
import { rowKind } from "./apply_changes.ts";
import type { Change } from "./queue_state.ts";

/** With more rows than this a map is worth making. */
const SEARCHED_MAX = 16;

export class WrittenRows {
  /** Null where the row was put again later. */
  readonly #changes: (Change | null)[] = [];
  #nulls = 0;
  /** Where the last form of a row is, by kind and id; null while there are few. */
  #places: Map<string, number> | null = null;

  /** The change of the row, which may be its deletion. */
  get(kind: Change["kind"], id: string): Change | undefined {
    const place = this.#placeOf(rowKind(kind), id);
    return place < 0 ? undefined : this.#changes[place]!;
  }

  put(change: Change): void {
    const kind = rowKind(change.kind);
    const id = changeId(change);
    const known = this.#placeOf(kind, id);
    if (known >= 0) {
      this.#changes[known] = null;
      this.#nulls++;
    }
    const place = this.#changes.push(change) - 1;
    if (this.#places !== null) this.#places.set(`${kind} ${id}`, place);
    else if (place === SEARCHED_MAX) this.#places = this.#map();
  }

  /** The changes, in a list of the caller's. Nothing is put any more. */
  close(): Change[] {
    return this.#nulls === 0 ? this.#changes as Change[] : this.#changes.filter((change) => change !== null);
  }

  #placeOf(kind: Change["kind"], id: string): number {
    if (this.#places !== null) return this.#places.get(`${kind} ${id}`) ?? -1;
    for (let at = this.#changes.length - 1; at >= 0; at--) {
      const change = this.#changes[at]!;
      if (change !== null && rowKind(change.kind) === kind && changeId(change) === id) return at;
    }
    return -1;
  }

  #map(): Map<string, number> {
    const places = new Map<string, number>();
    this.#changes.forEach((change, at) => {
      if (change !== null) places.set(`${rowKind(change.kind)} ${changeId(change)}`, at);
    });
    return places;
  }
}

function changeId(change: Change): string {
  switch (change.kind) {
    case "settings":
      return "";
    case "line":
      return `${change.row.id}@${change.row.version}`;
    case "token":
      return change.row.hash;
    case "delete_token":
      return change.hash;
    case "delete_runner":
    case "forget":
      return change.id;
    default:
      return change.row.id;
  }
}
