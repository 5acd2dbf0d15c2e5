/** Sizes and times as people read them. Pure. */

const KIB = 1024;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `4 GiB`, `1.5 GiB`, `512 MiB`: at most one place after the point. */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= KIB && unit < UNITS.length - 1) {
    value /= KIB;
    unit++;
  }
  const rounded = Math.round(value * 10) / 10;
  return `${rounded} ${UNITS[unit]}`;
}

/** `2h`, `1h 30m`, `1h 5m 3s`; nothing of it is lost but parts of a second. */
export function timeText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [[Math.floor(seconds / 3_600), "h"], [Math.floor(seconds / 60) % 60, "m"], [
    seconds % 60,
    "s",
  ]];
  const text = parts.filter(([count]) => count !== 0).map(([count, unit]) => `${count}${unit}`).join(" ");
  return text === "" ? "0s" : text;
}
