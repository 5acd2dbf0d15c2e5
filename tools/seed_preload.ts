/**
 * Loaded before every suite: properties take their seed from `FC_SEED`, so that CI runs the same cases on every machine;
 * without it, from the clock. A failing property prints its seed: run again with `FC_SEED=...`.
 */
import fc from "fast-check";

const seed = Number(Deno.env.get("FC_SEED") ?? Date.now() % 0x7fffffff);
if (!Number.isInteger(seed)) throw new TypeError("Cannot seed fast-check as FC_SEED must be an integer");
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
