/**
 * Cuts known secrets out of a stream of bytes, wherever the stream is cut.
 *
 * 1. The output is a function of the whole input: how it was cut into chunks changes nothing (so that output read
 *    again from the beginning after a restart has the same offsets).
 * 2. Only a tail that may be the beginning of a secret is held back, so output stays live.
 * 3. Leftmost, then longest: a secret that begins with another one is replaced as a whole.
 */

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";
/** Shorter texts are no secrets of ours and would tear holes into ordinary output. */
export const SECRET_MIN_BYTES = 8;

export interface Redactor {
  /** What may leave now. */
  push(bytes: Uint8Array): Uint8Array;
  /** The rest, once the stream has ended. */
  end(): Uint8Array;
}

/**
 * @param secrets Texts; those under {@link SECRET_MIN_BYTES} are ignored. Their URL-encoded and base64 forms are cut too.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = [...new Set(secrets.flatMap(secretForms))].map((text) => new TextEncoder().encode(text))
    .sort((a, b) => b.length - a.length);
  const byFirst: Uint8Array[][] = Array.from({ length: 256 }, () => []);
  for (const needle of needles) byFirst[needle[0]!]!.push(needle);
  const mask = new TextEncoder().encode(REDACTED);
  let held: Uint8Array = new Uint8Array(0);

  function drain(isEnd: boolean): Uint8Array {
    const out: Uint8Array[] = [];
    let from = 0;
    let at = 0;
    while (at < held.length) {
      const match = matchAt(held, at, byFirst[held[at]!]!, isEnd);
      if (match === "undecided") break;
      if (match === 0) at++;
      else {
        out.push(held.slice(from, at), mask);
        at += match;
        from = at;
      }
    }
    out.push(held.slice(from, at));
    held = held.slice(at);
    return concatenate(out);
  }

  return {
    push(bytes) {
      held = held.length === 0 ? bytes.slice() : concatenate([held, bytes]);
      return drain(false);
    },
    end: () => drain(true),
  };
}

/** Cuts secrets out of a text that is complete, such as an error. */
export function redactText(text: string, secrets: readonly string[]): string {
  const redactor = createRedactor(secrets);
  const decoder = new TextDecoder();
  return decoder.decode(concatenate([redactor.push(new TextEncoder().encode(text)), redactor.end()]));
}

/** The spellings in which a secret turns up: as it is, in a URL, and inside base64 at each of the three alignments. */
export function secretForms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < SECRET_MIN_BYTES) return [];
  return [secret, encodeURIComponent(secret), ...[0, 1, 2].map((shift) => base64Core(bytes, shift))];
}

/** The characters of base64 that depend on nothing but the secret when `shift` bytes stand before it. */
function base64Core(secret: Uint8Array, shift: number): string {
  const padded = new Uint8Array(shift + secret.length);
  padded.set(secret, shift);
  const text = btoa(String.fromCharCode(...padded));
  const wholeChars = Math.floor((padded.length * 8) / 6);
  return text.slice(Math.ceil((shift * 8) / 6), wholeChars);
}

/** The length of the longest needle at `at`; 0 for none; `undecided` while more input could make a longer one. */
function matchAt(
  bytes: Uint8Array,
  at: number,
  needles: readonly Uint8Array[],
  isEnd: boolean,
): number | "undecided" {
  // Longest first: an undecided one outweighs every shorter match.
  for (const needle of needles) {
    const available = Math.min(needle.length, bytes.length - at);
    let same = 1;
    while (same < available && bytes[at + same] === needle[same]) same++;
    if (same < available) continue;
    if (available === needle.length) return needle.length;
    if (!isEnd) return "undecided";
  }
  return 0;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
