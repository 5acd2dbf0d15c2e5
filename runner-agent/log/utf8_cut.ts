/** Where a byte string may be cut so that no character is cut in two. */

/**
 * The largest size up to `maxBytes` at which `bytes` ends with a whole UTF-8 character. Bytes that are not UTF-8 are
 * not waited for: a cut is moved back by three bytes at most.
 *
 * @example
 * ```ts
 * utf8CutBytes(new TextEncoder().encode("aé"), 2); // 1
 * ```
 */
export function utf8CutBytes(bytes: Uint8Array, maxBytes: number): number {
  for (let back = 1; back <= Math.min(3, maxBytes); back++) {
    const byte = bytes[maxBytes - back]!;
    if (byte < 0x80) return maxBytes;
    if (byte < 0xc0) continue;
    const wantedBytes = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return wantedBytes > back ? maxBytes - back : maxBytes;
  }
  return maxBytes;
}
