/** Where a character is cut in two at the end of some bytes. Pure. */

/**
 * How many bytes at the end begin a UTF-8 character that is not complete yet: 0 to 3. Bytes that can never become a
 * character count as complete; decoding shows them as U+FFFD.
 */
export function incompleteTailBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf8 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}
