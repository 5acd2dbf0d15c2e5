import assert from "node:assert/strict";
import { sizeText, timeText } from "./quantity_text.ts";

Deno.test("sizeText() takes the unit that fits, with one place after the point at most", () => {
  const texts = [0, 1023, 1024, 512 * 1024 ** 2, 1.5 * 1024 ** 3, 4 * 1024 ** 3, 77_642_000_000, 1024 ** 5];
  assert.deepEqual(texts.map(sizeText), [
    "0 B",
    "1023 B",
    "1 KiB",
    "512 MiB",
    "1.5 GiB",
    "4 GiB",
    "72.3 GiB",
    "1024 TiB",
  ]);
});

Deno.test("timeText() names hours, minutes and seconds that are there", () => {
  assert.deepEqual([0, 1_000, 5_400_000, 7_200_000, 3_903_000].map(timeText), [
    "0s",
    "1s",
    "1h 30m",
    "2h",
    "1h 5m 3s",
  ]);
});
