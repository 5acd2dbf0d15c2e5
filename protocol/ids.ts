/**
 * Branded identifiers, and the one place that makes and checks them.
 *
 * Ids that we make are ULIDs in lower case (26 characters, sortable by time of creation, safe in a git ref and
 * in a URL). Ids that people choose (owner, project, line, station, gate) are names: a letter or digit, then
 * letters, digits, `.`, `_` or `-`.
 *
 * Pure: the time and the random bytes are arguments.
 */
type Branded<Brand extends string> = string & { readonly __brand: Brand };

export type OwnerName = Branded<"OwnerName">;
export type ProjectName = Branded<"ProjectName">;
export type LineId = Branded<"LineId">;
export type StationId = Branded<"StationId">;
export type GateId = Branded<"GateId">;
export type TaskId = Branded<"TaskId">;
export type JobId = Branded<"JobId">;
export type RunId = Branded<"RunId">;
export type RunnerId = Branded<"RunnerId">;
/** One question put to a person: an instance of a gate for one task. */
export type AskId = Branded<"AskId">;

const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";
const CODES = Array.from(CROCKFORD, (char) => char.charCodeAt(0));
/** 48 bits of Unix milliseconds in 10 characters. */
const TIME_CHARS = 10;
/** 80 random bits in 16 characters. */
const RANDOM_BYTES = 10;

/** What a name chosen by a person must look like; bounded because it travels in URLs and git refs. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** What an id made by us looks like. */
export const ULID_PATTERN = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Is `text` a name that may stand in a URL path segment and a git ref? */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text) && !text.includes("..") && !text.endsWith(".lock") && !text.endsWith(".");
}

/** Is `text` an id made by {@link ulid}? */
export function isUlid(text: string): boolean {
  return ULID_PATTERN.test(text);
}

/**
 * Makes a ULID in lower case from a time and at least 10 random bytes.
 *
 * @param nowMs Unix milliseconds.
 * @example
 * ```ts
 * ulid(0, new Uint8Array(10)); // "00000000000000000000000000"
 * ```
 */
export function ulid<Id extends string>(nowMs: number, random: Uint8Array): Id {
  if (random.length < RANDOM_BYTES) {
    throw new RangeError(
      `Cannot make an id as it needs ${RANDOM_BYTES} random bytes: current value is ${random.length}`,
    );
  }
  // Five bytes are eight characters.
  const a = (random[0]! << 12) | (random[1]! << 4) | (random[2]! >> 4);
  const b = ((random[2]! & 15) << 16) | (random[3]! << 8) | random[4]!;
  const c = (random[5]! << 12) | (random[6]! << 4) | (random[7]! >> 4);
  const d = ((random[7]! & 15) << 16) | (random[8]! << 8) | random[9]!;
  const tail = fourChars(a) + fourChars(b) + fourChars(c) + fourChars(d);
  return (timeChars(nowMs) + tail) as Id;
}

/** 20 bits. Made in one go: characters that are added one by one are a string each. */
function fourChars(bits: number): string {
  return String.fromCharCode(
    CODES[bits >> 15]!,
    CODES[(bits >> 10) & 31]!,
    CODES[(bits >> 5) & 31]!,
    CODES[bits & 31]!,
  );
}

let lastMs = -1;
let lastChars = "";

/** The characters of a time. Those of the last one are kept: many ids are made in one millisecond. */
function timeChars(nowMs: number): string {
  if (nowMs === lastMs) return lastChars;
  let chars = "";
  for (let rest = nowMs, i = 0; i < TIME_CHARS; i++) {
    chars = CROCKFORD[rest % 32]! + chars;
    rest = Math.floor(rest / 32);
  }
  lastMs = nowMs;
  return lastChars = chars;
}

/** The 16 bytes of a ULID (6 of time, 10 random), as the gate token carries them (Autonomy 19.2). */
export function ulidBytes(id: string): Uint8Array {
  let value = 0n;
  for (const char of id.toLowerCase()) value = (value << 5n) | BigInt(CROCKFORD.indexOf(char));
  const bytes = new Uint8Array(16);
  for (let i = 15; i >= 0; i--) {
    bytes[i] = Number(value & 255n);
    value >>= 8n;
  }
  return bytes;
}

/** The same 16 bytes in hex. */
export function ulidHex(id: string): string {
  const bits = (at: number, chars: number) => {
    let value = 0;
    for (let i = at; i < at + chars; i++) value = (value << 5) | CROCKFORD.indexOf(id[i]!);
    return value;
  };
  // Two characters are the first byte, as their first two bits are none; four are five digits.
  let hex = bits(0, 2).toString(16).padStart(2, "0");
  for (let at = 2; at < id.length; at += 4) hex += bits(at, 4).toString(16).padStart(5, "0");
  return hex;
}

/** When a ULID was made, in Unix milliseconds. */
export function ulidTimeMs(id: string): number {
  let value = 0;
  for (const char of id.slice(0, TIME_CHARS)) value = value * 32 + CROCKFORD.indexOf(char);
  return value;
}

/** The inverse of {@link ulidBytes}. */
export function ulidFromBytes<Id extends string>(bytes: Uint8Array): Id {
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[i]!);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD[Number(value & 31n)]! + text;
    value >>= 5n;
  }
  return text as Id;
}
