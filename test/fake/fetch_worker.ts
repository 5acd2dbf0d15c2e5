/**
 * A request to a Worker under wrangler's test harness. Between us and it there is wrangler's own Worker, which on a busy machine
 * now and then finds its connection closed and says so in words of its own; ours answers errors as JSON. Such a request is
 * made once more.
 */
export async function fetchWorker(
  url: string,
  init: RequestInit & { readonly body?: string | Uint8Array<ArrayBuffer> },
): Promise<{ readonly response: Response; readonly text: string }> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status !== 500 || !text.startsWith("Error: Network connection lost.")) {
    return { response, text };
  }
  const again = await fetch(url, init);
  return { response: again, text: await again.text() };
}
