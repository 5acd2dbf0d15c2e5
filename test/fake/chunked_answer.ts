/** An HTTP answer as it comes over a connection that a test reads by itself. */

/** The body of a whole answer that came in chunks (RFC 9112, 7.1), as read from its connection. */
export function bodyOf(answer: Uint8Array): Blob {
  const lineEnd = (from: number) => {
    let at = from;
    while (answer[at] !== 13 || answer[at + 1] !== 10) at++;
    return at;
  };
  const textOf = (from: number, to: number) => new TextDecoder().decode(answer.subarray(from, to));
  let at = 0;
  for (let end = lineEnd(at); end > at; end = lineEnd(at)) at = end + 2;
  at += 2;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const end = lineEnd(at);
    const size = Number.parseInt(textOf(at, end), 16);
    if (size === 0) break;
    parts.push(answer.slice(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return new Blob(parts);
}
