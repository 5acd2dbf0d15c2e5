/** The address at which a person opens the board. */

const TIMEOUT_MS = 5_000;

/**
 * Asks the control plane for a link that opens the board signed in, once. A control plane that has no such links answers
 * 404; then the plain address is all that there is.
 */
export async function boardAddress(url: string, adminToken: string): Promise<string> {
  const response = await fetch(`${url}/session/links`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 404) {
    await response.body?.cancel();
    return url;
  }
  if (!response.ok) {
    throw new Error(
      `Cannot get a link to the board as the control plane must answer 200 or 201: it answered ${response.status}`,
    );
  }
  const answer: unknown = await response.json();
  if (typeof answer !== "object" || answer === null || !("url" in answer) || typeof answer.url !== "string") {
    throw new Error("Cannot get a link to the board as the answer must have a 'url'");
  }
  return new URL(answer.url, url).href;
}
