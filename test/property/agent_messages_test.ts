/// <reference lib="deno.ns" />
/**
 * The messages to an agent under any order of events and crashes (Runtime 2.2.6): at most one in flight, none pasted twice,
 * interrupting ones first, every one ends.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  closeQueue,
  EMPTY_QUEUE,
  isFinal,
  markEnteredTwice,
  markInterrupted,
  markPasted,
  type MessageQueue,
  nextMessageStep,
  pasteText,
  promptHash,
  receive,
  settle,
  takeMessage,
  turnEnded,
} from "../../runner-agent/domain/agent/message_queue.ts";

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? 20_261_101), numRuns: 500 };

type Action =
  | { readonly kind: "take"; readonly isInterrupting: boolean; readonly expiresInMs: number | null }
  | { readonly kind: "pass"; readonly ms: number }
  /** The CLI takes what lies in its box, if anything does. */
  | { readonly kind: "submit" }
  | { readonly kind: "turn_ends" }
  /** The runner is killed between writing a step and doing it, or between doing it and the next. */
  | { readonly kind: "crash"; readonly when: "before_act" | "after_act" };

const action = fc.oneof(
  fc.record({
    kind: fc.constant("take" as const),
    isInterrupting: fc.boolean(),
    expiresInMs: fc.option(fc.integer({ min: 1, max: 30_000 })),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
  fc.constant({ kind: "submit" as const }),
  fc.constant({ kind: "turn_ends" as const }),
  fc.record({
    kind: fc.constant("crash" as const),
    when: fc.constantFrom("before_act" as const, "after_act" as const),
  }),
);

/** A terminal, and a runner whose memory is only what was written. */
class World {
  queue: MessageQueue = EMPTY_QUEUE;
  nowMs = 0;
  isTurnRunning = false;
  box: string | null = null;
  readonly pasted: string[] = [];
  taken = 0;

  act(one: Action): void {
    switch (one.kind) {
      case "take": {
        const input = {
          id: `m${this.taken++}`,
          text: `text ${this.taken}`,
          isInterrupting: one.isInterrupting,
        };
        const expiresAtMs = one.expiresInMs === null ? null : this.nowMs + one.expiresInMs;
        const taken = takeMessage(this.queue, { ...input, expiresAtMs }, this.nowMs);
        if (taken.ok) this.queue = taken.value;
        const again = takeMessage(this.queue, { ...input, expiresAtMs }, this.nowMs);
        if (taken.ok) {
          assert.deepEqual(again.ok && again.value, this.queue, "the same id twice is one message");
        }
        return this.step(null);
      }
      case "pass":
        this.nowMs += one.ms;
        return this.step(null);
      case "submit":
        if (this.box !== null && !this.isTurnRunning) {
          this.queue = receive(this.queue, ` ${this.box}\r\n`, this.nowMs, 1).queue;
          this.box = null;
          this.isTurnRunning = true;
        }
        return this.step(null);
      case "turn_ends":
        this.isTurnRunning = false;
        this.queue = turnEnded(this.queue, this.nowMs);
        return this.step(null);
      case "crash":
        return this.step(one.when);
    }
  }

  /** Steps until there is nothing to do now. A crash leaves what was written, and perhaps what was done. */
  step(crash: "before_act" | "after_act" | null): void {
    for (;;) {
      const view = { nowMs: this.nowMs, isReady: true, isTurnRunning: this.isTurnRunning };
      const step = nextMessageStep(this.queue, view);
      switch (step.kind) {
        case "wait":
          assert.ok(step.untilMs === null || step.untilMs > this.nowMs, "a wait is for the future");
          return;
        case "expire":
          this.queue = settle(this.queue, step.id, { kind: "expired", atMs: this.nowMs });
          break;
        case "give_up":
          this.queue = settle(this.queue, step.id, { kind: "unconfirmed", atMs: this.nowMs });
          break;
        case "interrupt":
          this.queue = markInterrupted(this.queue, this.nowMs);
          break;
        case "enter_again":
          this.queue = markEnteredTwice(this.queue, step.id);
          break;
        case "paste": {
          const waiting = this.queue.messages.filter((one) => one.state.kind === "queued");
          const head = this.queue.messages.find((one) => one.id === step.id)!;
          const urgent = waiting.filter((one) => one.isInterrupting);
          assert.equal(head.id, (urgent[0] ?? waiting[0])!.id, "interrupting ones first, then in order");
          this.queue = markPasted(this.queue, step.id, view);
          if (crash === "before_act") return;
          this.pasted.push(step.id);
          this.box = head.text;
          if (crash === "after_act") return;
          break;
        }
      }
      this.check();
    }
  }

  check(): void {
    const inFlight = this.queue.messages.filter((one) => one.state.kind === "pasted");
    assert.ok(inFlight.length <= 1, "at most one in flight");
    assert.equal(new Set(this.pasted).size, this.pasted.length, "nothing is pasted twice");
    for (const one of this.queue.messages) {
      if (isFinal(one)) assert.equal(one.text, "", "what has ended keeps no text");
    }
  }
}

Deno.test("messages are given at most once, one at a time, in their order, whatever crashes; and each of them ends", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const world = new World();
      for (const one of actions) {
        world.act(one);
        world.check();
      }
      // A CLI that takes nothing any more, whose turn is over: time alone settles what is in flight.
      world.box = null;
      world.act({ kind: "turn_ends" });
      for (let left = world.queue.messages.length * 3 + 3; left > 0; left--) {
        world.act({ kind: "pass", ms: 10_000 });
        world.box = null;
      }
      assert.ok(world.queue.messages.every(isFinal), "every message has ended");
      assert.ok(closeQueue(world.queue, world.nowMs, "over").messages.every(isFinal));
    }),
    SETTINGS,
  );
});

Deno.test("a text is found again as the prompt that the CLI took, and none is a command of the CLI", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const pasted = pasteText(text);
      assert.equal(promptHash(pasted), promptHash(`${pasted}\n`));
      assert.doesNotMatch(pasted, /^[/!#@]/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(pasted, /[\u001b\r]/, "nothing that ends the paste");
      assert.equal(pasteText(pasted), pasted);
    }),
    SETTINGS,
  );
});
