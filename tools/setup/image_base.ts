/**
 * Which base the agent image gets: what `SHOPFLOOR_IMAGE_BASE` names, else the pinned public image when a registry
 * answers, else none (then the image is made of this machine's programs). A registry is asked once in one bounded
 * try and the answer is remembered for a day, so that no start waits for a network that is not there.
 */

/** The public base; the Containerfile has the same default. */
export const PUBLIC_BASE = "docker.io/library/debian:bookworm-20250428-slim";
const REGISTRY_URL = "https://registry-1.docker.io/v2/";
const ASK_TIMEOUT_MS = 3_000;
const REMEMBER_MS = 24 * 3_600_000;

interface Answer {
  readonly isReachable: boolean;
  readonly askedAtMs: number;
}

/** The base to build on, or null. `ask` says whether a registry answers. */
export async function chooseBase(
  dataDir: string,
  nowMs: number,
  ask: () => Promise<boolean> = askRegistry,
): Promise<string | null> {
  const named = Deno.env.get("SHOPFLOOR_IMAGE_BASE") ?? "";
  if (named !== "") return named;
  const path = `${dataDir}/podman/registry.json`;
  const remembered = await Deno.readTextFile(path).then((text) => JSON.parse(text) as Answer).catch(() =>
    null
  );
  if (remembered !== null && nowMs - remembered.askedAtMs < REMEMBER_MS) {
    return remembered.isReachable ? PUBLIC_BASE : null;
  }
  const answer: Answer = { isReachable: await ask(), askedAtMs: nowMs };
  await Deno.writeTextFile(path, JSON.stringify(answer));
  return answer.isReachable ? PUBLIC_BASE : null;
}

/** Remembers that the registry answered but did not give the image, e.g. behind a proxy that filters. */
export async function forgetRegistry(dataDir: string, nowMs: number): Promise<void> {
  await Deno.writeTextFile(
    `${dataDir}/podman/registry.json`,
    JSON.stringify({ isReachable: false, askedAtMs: nowMs }),
  );
}

/** 401 is a registry's way to say hello. */
async function askRegistry(): Promise<boolean> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ASK_TIMEOUT_MS);
  try {
    const response = await fetch(REGISTRY_URL, { signal: abort.signal });
    await response.body?.cancel();
    return response.status === 200 || response.status === 401;
  } catch {
    return false; // no name, no route, no answer: all mean the same here
  } finally {
    clearTimeout(timer);
  }
}
