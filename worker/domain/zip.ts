/** Is it a zip, as far as its first two bytes say? Pure. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}
