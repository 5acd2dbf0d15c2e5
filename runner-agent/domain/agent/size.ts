/** Sizes as people write them: `512MiB`, `4GiB`, `20GB`; a bare number is bytes. Pure. */

const UNIT_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  KB: 1_000,
  MB: 1_000 ** 2,
  GB: 1_000 ** 3,
  TB: 1_000 ** 4,
};

/** Bytes, or null for what is no size. */
export function sizeBytes(value: unknown): number | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : null;
  const [, count, unit] = typeof value === "string"
    ? /^(\d+(?:\.\d+)?) ?([KMGT]i?B|B)?$/.exec(value) ?? []
    : [];
  if (count === undefined) return null;
  return Math.round(Number(count) * UNIT_BYTES[unit ?? ""]!);
}
