/**
 * Loaded before the pure tests (`deno test --preload`): the clock, randomness, timers and the network throw, so that a
 * pure function which reaches for one fails its test, by whatever trick the lint rule did not see.
 *
 * fast-check makes its seed from the clock, so it gets one before that is taken away.
 */
import "./seed_preload.ts";

function poisoned(what: string): () => never {
  return () => {
    throw new Error(`Cannot use ${what} in the pure set: make it an argument`);
  };
}

const RealDate = Date;
/** `diff` adds the clock to its timeout, which is infinite as we give none: its answer does not depend on the clock. */
function now(): number {
  const frames = new Error().stack?.split("\n") ?? [];
  if (/node_modules\/(\.deno\/)?diff[@/]/.test(frames[2] ?? "")) return 0;
  return poisoned("Date.now")();
}
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
