/**
 * Ids in their order, with the place of each. Ours sort by their time of creation, so most are added at the end. Kept in
 * pieces, so that neither adding nor removing moves more than one piece.
 */

/** Ids in one piece: some kilobytes to move, and a hundred thousand ids are a few hundred pieces to count. */
const PIECE_MAX = 512;

export class SortedIds {
  readonly #pieces: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an id that is not in here. */
  add(id: string): void {
    this.#size++;
    const last = this.#pieces.at(-1);
    if (last === undefined || last.at(-1)! < id) {
      if (last !== undefined && last.length < PIECE_MAX) last.push(id);
      else this.#pieces.push([id]);
      return;
    }
    const at = this.#pieceOf(id);
    const piece = this.#pieces[at]!;
    piece.splice(placeIn(piece, id), 0, id);
    if (piece.length <= PIECE_MAX) return;
    this.#pieces.splice(at + 1, 0, piece.splice(PIECE_MAX / 2));
  }

  /** Takes an id out; nothing happens if it is not in here. */
  remove(id: string): void {
    const at = this.#pieceOf(id);
    const piece = this.#pieces[at];
    if (piece === undefined) return;
    const place = placeIn(piece, id);
    if (piece[place] !== id) return;
    this.#size--;
    piece.splice(place, 1);
    if (piece.length === 0) this.#pieces.splice(at, 1);
  }

  /** How many come before `id`, whether or not it is in here. */
  countBefore(id: string): number {
    const at = this.#pieceOf(id);
    let count = 0;
    for (let i = 0; i < at; i++) count += this.#pieces[i]!.length;
    const piece = this.#pieces[at];
    return piece === undefined ? count : count + placeIn(piece, id);
  }

  /** The first piece that ends with `id` or later; the number of pieces if all end before. */
  #pieceOf(id: string): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle]!.at(-1)! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The place of `id` in a sorted list: of the first that is not before it. */
function placeIn(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
