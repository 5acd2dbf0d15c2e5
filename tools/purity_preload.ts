/**
 * Loaded before the pure tests (`deno test --preload`): the clock, randomness, timers and the network throw, so that a
 * pure function which reaches for one fails its test, by whatever trick the lint rule did not see.
 *
 * fast-check makes its seed from the clock; here it comes from `FC_SEED`, or from the clock before that is taken away.
 * A failing property prints its seed: run again with `FC_SEED=...`.
 */
import fc from "fast-check";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now() % 0x7fffffff);
if (!Number.isInteger(seed)) throw new TypeError("Cannot seed fast-check as FC_SEED must be an integer");
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

function poisoned(what: string): () => never {
  return () => {
    throw new Error(`Cannot use ${what} in the pure set: make it an argument`);
  };
}

const RealDate = Date;
const now = poisoned("Date.now");
globalThis.Date = new Proxy(RealDate, {
  construct(target, args) {
    if (args.length === 0) poisoned("new Date()")();
    return Reflect.construct(target, args);
  },
  apply: poisoned("Date()"),
  get: (target, key) => key === "now" ? now : Reflect.get(target, key),
});
Math.random = poisoned("Math.random");
performance.now = poisoned("performance.now");
crypto.getRandomValues = poisoned("crypto.getRandomValues");
crypto.randomUUID = poisoned("crypto.randomUUID");
globalThis.fetch = poisoned("fetch");
globalThis.setTimeout = Object.assign(poisoned("setTimeout"), {
  __promisify__: poisoned("setTimeout"),
}) as never;
globalThis.setInterval = poisoned("setInterval") as never;
globalThis.queueMicrotask = poisoned("queueMicrotask");
