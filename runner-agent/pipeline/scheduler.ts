/**
 * Runs a routine and those that it forks, as far as it goes without an answer from the world (Pipeline s29).
 *
 * 1. Deterministic: what a branch does depends on the answers that its own effects got, and on the values of the branches
 *    that it awaited; never on which answer came first.
 * 2. An effect's id is `branch#n`; a branch's name is its parent's name, `/` and its own. What is only told has `branch#n+m`:
 *    nobody waits for it, and it is told though its branch was cancelled since.
 * 3. A branch that was cancelled does nothing more: its routine is closed, its running effects and its children's are named
 *    in `takeCancelled`, and answers that come for them later are dropped.
 * 4. What a routine throws is a bug: it comes out of `advance` or `settle`.
 */
import type { Effect, Relatives, Request, Routine } from "./effect.ts";

export interface Pending {
  readonly id: string;
  readonly effect: Effect;
  /** It is to be carried out before what comes behind it in the list, and has no answer. */
  readonly isTold?: true;
}

/** What an awaited branch came to. */
export type BranchEnd = { readonly kind: "ended"; readonly value: unknown } | { readonly kind: "cancelled" };

interface Branch {
  readonly name: string;
  readonly routine: Routine<unknown>;
  readonly parent: Branch | null;
  readonly children: Set<Branch>;
  effects: number;
  /** How many were only told. */
  told: number;
  /** The id of the effect whose answer it waits for. */
  running: string | null;
  awaiting: readonly string[] | null;
  /** Of the places that its children share: those that hold one, and those that wait for one in their order. */
  readonly places: { held: number; readonly waiting: { readonly child: Branch; readonly max: number }[] };
  hasPlace: boolean;
  end: BranchEnd | null;
}

/**
 * @example
 * ```ts
 * const scheduler = new Scheduler(routine);
 * for (let pending = scheduler.advance(); scheduler.outcome === null; pending = scheduler.advance()) {
 *   for (const { id, effect } of pending) scheduler.settle(id, answer(effect));
 * }
 * ```
 */
export class Scheduler<T> {
  readonly #main: Branch;
  readonly #branches = new Map<string, Branch>();
  readonly #byEffect = new Map<string, Branch>();
  #ready: { readonly branch: Branch; readonly answer: unknown }[] = [];
  #pending: Pending[] = [];
  #cancelled: string[] = [];

  constructor(routine: Routine<T>, name = "main") {
    this.#main = this.#add(name, routine as Routine<unknown>, null);
    this.#ready.push({ branch: this.#main, answer: undefined });
  }

  /** What the routine returned, once it has; branches that still live then are cancelled. */
  get outcome(): { readonly value: T } | null {
    const { end } = this.#main;
    return end?.kind === "ended" ? { value: end.value as T } : null;
  }

  /** Goes on as far as it can; returns the effects that are new since the last call, in a fixed order. */
  advance(): readonly Pending[] {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      if (next.branch.end === null) this.#resume(next.branch, next.answer);
    }
    const pending = this.#pending.filter(({ id, isTold }) => isTold === true || this.#byEffect.has(id));
    this.#pending = [];
    return pending;
  }

  /** Gives the answer of an effect. One that was cancelled, or is answered already, is passed over. */
  settle(id: string, answer: unknown): void {
    const branch = this.#byEffect.get(id);
    if (branch === undefined) return;
    this.#byEffect.delete(id);
    branch.running = null;
    this.#ready.push({ branch, answer });
  }

  /** Ids of effects whose answers nobody waits for any more, each told once. */
  takeCancelled(): readonly string[] {
    const cancelled = this.#cancelled;
    this.#cancelled = [];
    return cancelled;
  }

  #add(name: string, routine: Routine<unknown>, parent: Branch | null): Branch {
    const branch: Branch = {
      name,
      routine,
      parent,
      children: new Set(),
      effects: 0,
      told: 0,
      running: null,
      awaiting: null,
      places: { held: 0, waiting: [] },
      hasPlace: false,
      end: null,
    };
    this.#branches.set(name, branch);
    parent?.children.add(branch);
    return branch;
  }

  #resume(branch: Branch, answer: unknown): void {
    let given = answer;
    for (;;) {
      const step = branch.routine.next(given);
      if (step.done) return this.#finish(branch, { kind: "ended", value: step.value });
      const handled = this.#handle(branch, step.value);
      if (!handled.isReady) return;
      given = handled.answer;
    }
  }

  #handle(branch: Branch, request: Request): { readonly isReady: boolean; readonly answer?: unknown } {
    switch (request.kind) {
      case "effect": {
        branch.effects++;
        const id = `${branch.name}#${branch.effects}`;
        branch.running = id;
        this.#byEffect.set(id, branch);
        this.#pending.push({ id, effect: request.effect });
        return { isReady: false };
      }
      case "tell": {
        branch.told++;
        const id = `${branch.name}#${branch.effects}+${branch.told}`;
        this.#pending.push({ id, effect: request.effect, isTold: true });
        return { isReady: true };
      }
      case "fork": {
        const name = `${branch.name}/${request.branch}`;
        const former = this.#branches.get(name);
        if (former !== undefined && former.end === null) {
          throw new Error(`Cannot fork '${name}' as a branch of that name is at work`);
        }
        const child = this.#add(name, request.start(), branch);
        // What an earlier branch of this name had is told apart from what this one has.
        child.effects = former?.effects ?? 0;
        child.told = former?.told ?? 0;
        this.#ready.push({ branch: child, answer: undefined });
        return { isReady: true };
      }
      case "await": {
        branch.awaiting = this.#named(branch, request.branches, request.of).map(({ name }) => name);
        const ends = this.#endsOf(branch);
        return ends === null ? { isReady: false } : { isReady: true, answer: ends };
      }
      case "look":
        return {
          isReady: true,
          answer: this.#named(branch, request.branches, "children").map(({ end }) => end),
        };
      case "cancel": {
        const doomed = this.#named(branch, request.branches, request.of)
          .filter((one) => one !== branch && one.end === null);
        for (const one of doomed) this.#cancel(one);
        return { isReady: true, answer: doomed.map(({ name }) => name.slice(name.lastIndexOf("/") + 1)) };
      }
      case "take_place": {
        const { parent } = branch;
        if (parent === null || branch.hasPlace) return { isReady: true };
        if (parent.places.held < request.max) {
          parent.places.held++;
          branch.hasPlace = true;
          return { isReady: true };
        }
        parent.places.waiting.push({ child: branch, max: request.max });
        return { isReady: false };
      }
    }
  }

  #named(branch: Branch, names: readonly string[], of: Relatives): readonly Branch[] {
    const base = of === "children" ? branch : branch.parent;
    return names.map((one) => {
      const found = base === null ? undefined : this.#branches.get(`${base.name}/${one}`);
      if (found === undefined) {
        throw new Error(`Cannot find the branch '${one}' as '${branch.name}' knows none of that name`);
      }
      return found;
    });
  }

  /** A place is free again: the one that has waited longest gets it. */
  #freePlace({ parent, hasPlace }: Branch): void {
    if (!hasPlace || parent === null) return;
    parent.places.held--;
    while (parent.places.waiting.length > 0 && parent.places.held < parent.places.waiting[0]!.max) {
      const { child } = parent.places.waiting.shift()!;
      if (child.end !== null) continue;
      child.hasPlace = true;
      parent.places.held++;
      this.#ready.push({ branch: child, answer: undefined });
    }
  }

  /** The ends of what a branch awaits, once all are there; it awaits nothing then. */
  #endsOf(branch: Branch): readonly BranchEnd[] | null {
    const ends: BranchEnd[] = [];
    for (const name of branch.awaiting ?? []) {
      const end = this.#branches.get(name)!.end;
      if (end === null) return null;
      ends.push(end);
    }
    branch.awaiting = null;
    return ends;
  }

  #finish(branch: Branch, end: BranchEnd): void {
    branch.end = end;
    for (const child of branch.children) this.#cancel(child);
    branch.parent?.children.delete(branch);
    this.#freePlace(branch);
    for (const waiting of this.#waitingFor(branch)) {
      const ends = this.#endsOf(waiting);
      if (ends !== null) this.#ready.push({ branch: waiting, answer: ends });
    }
  }

  /** Who awaits it: its parent or those beside it. */
  #waitingFor({ name, parent }: Branch): readonly Branch[] {
    if (parent === null) return [];
    return [parent, ...parent.children].filter((one) => one.end === null && one.awaiting?.includes(name));
  }

  #cancel(branch: Branch): void {
    if (branch.end !== null) return;
    if (branch.running !== null) {
      this.#byEffect.delete(branch.running);
      this.#cancelled.push(branch.running);
      branch.running = null;
    }
    branch.routine.return(undefined);
    this.#finish(branch, { kind: "cancelled" });
  }
}

/** Forks a routine; its end comes from `awaitBranches`. */
export function* fork(branch: string, start: () => Routine<unknown>): Routine<void> {
  yield { kind: "fork", branch, start };
}

/** Waits for branches; their ends in the order asked for. A branch may be awaited more than once. */
export function* awaitBranches(
  branches: readonly string[],
  of: Relatives = "children",
): Routine<readonly BranchEnd[]> {
  return (yield { kind: "await", branches, of }) as readonly BranchEnd[];
}

/** The ends of the children that have ended; null for those that are at work. */
export function* lookAtBranches(branches: readonly string[]): Routine<readonly (BranchEnd | null)[]> {
  return (yield { kind: "look", branches }) as readonly (BranchEnd | null)[];
}

/** Ends branches where they stand; never the one that asks. @returns Those that were still at work. */
export function* cancelBranches(
  branches: readonly string[],
  of: Relatives = "children",
): Routine<readonly string[]> {
  return (yield { kind: "cancel", branches, of }) as readonly string[];
}

/** Waits until at most `max` of a parent's branches are at work, this one among them. */
export function* takePlace(max: number): Routine<void> {
  yield { kind: "take_place", max };
}
