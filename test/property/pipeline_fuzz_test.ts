/** Whatever the text, loading it ends soon, with a pipeline or with faults that have a type and a sentence. */
import assert from "node:assert/strict";
import { fuzzText, holdsFor } from "../fake/pipeline_fuzz.ts";

const CASES = 20_000;
const SEED = 20_261_122;
/** Far above what any takes here: only that none hangs. */
const HANG_MS = 20_000;

Deno.test(`${CASES} made-up texts load or are refused, and none hangs`, () => {
  let loaded = 0;
  for (let number = 0; number < CASES; number++) {
    const text = fuzzText(SEED, number);
    const beganMs = performance.now();
    try {
      if (holdsFor(text)) loaded++;
    } catch (error) {
      throw new Error(`seed ${SEED}, number ${number}: ${(error as Error).message}`, { cause: error });
    }
    assert.ok(performance.now() - beganMs < HANG_MS, `seed ${SEED}, number ${number} took too long`);
  }
  // Of texts that were all refused at once, nothing would be learnt.
  assert.ok(loaded > CASES / 50 && loaded < CASES, `${loaded} of ${CASES} loaded`);
});

Deno.test("the same seed and number make the same text", () => {
  assert.equal(fuzzText(7, 3), fuzzText(7, 3));
  assert.notEqual(fuzzText(7, 3), fuzzText(8, 3));
});
