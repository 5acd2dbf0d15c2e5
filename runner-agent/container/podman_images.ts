/** Images over Podman's socket: there or not, pulled, built. Both long ones stream JSON lines, of which the last one tells. */
import { IMAGE_LINE_MAX_CHARS } from "../limits.ts";
import type { ImageBuild } from "../ports.ts";
import { causeOf, type PodmanClient, unexpectedReply } from "./podman_client.ts";

export async function hasImage(podman: PodmanClient, name: string): Promise<boolean> {
  const reply = await podman.request("GET", `/images/${encodeURIComponent(name)}/exists`);
  if (reply.status === 204 || reply.status === 200) return true;
  if (reply.status === 404) return false;
  throw unexpectedReply("look for an image", reply);
}

export async function imageId(podman: PodmanClient, name: string): Promise<string | null> {
  const reply = await podman.request("GET", `/images/${encodeURIComponent(name)}/json`);
  if (reply.status === 404) return null;
  if (reply.status === 200 && typeof reply.body.Id === "string") return reply.body.Id;
  throw unexpectedReply("look for an image", reply);
}

/** A registry on this machine's loopback may speak plain HTTP, as with other container tools. */
export async function pullImage(
  podman: PodmanClient,
  name: string,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const isLoopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//.test(name);
  const query = new URLSearchParams({ reference: name, ...(isLoopback ? { tlsVerify: "false" } : {}) });
  const response = await podman.open("POST", `/images/pull?${query}`, { signal });
  let id = "";
  for await (const event of events(response)) {
    if (typeof event.error === "string" && event.error !== "") throw failed(`pull ${name}`, event.error);
    if (typeof event.stream === "string") tell(onProgress, event.stream);
    if (typeof event.id === "string") id = event.id;
  }
  if (!response.ok || id === "") throw failed(`pull ${name}`, `Podman answered ${response.status}`);
}

/** The directory is sent as a tar stream; nothing is written on the way. */
export async function buildImage(
  podman: PodmanClient,
  build: ImageBuild,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const query = new URLSearchParams({
    t: build.name,
    dockerfile: build.containerfile,
    buildargs: JSON.stringify(build.buildArgs),
    labels: JSON.stringify(build.labels),
    // What a step leaves behind is ours to remove, also of a build that fails.
    rm: "true",
    forcerm: "true",
  });
  await using tar = new Deno.Command("tar", {
    args: ["-C", build.contextDir, "-cf", "-", "."],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const response = await podman.open("POST", `/build?${query}`, {
    signal,
    body: tar.stdout,
    contentType: "application/x-tar",
  });
  const last: string[] = [];
  for await (const event of events(response)) {
    if (typeof event.error === "string" && event.error !== "") {
      throw failed(`build ${build.name}`, [...last, event.error].join("\n"));
    }
    if (typeof event.stream !== "string") continue;
    tell(onProgress, event.stream);
    last.push(event.stream.trimEnd());
    if (last.length > 5) last.shift();
  }
  if (!response.ok) throw failed(`build ${build.name}`, `Podman answered ${response.status}`);
}

// deno-lint-ignore no-explicit-any
async function* events(response: Response): AsyncGenerator<any> {
  if (!response.ok) {
    const body = await response.json().catch(() => null); // no JSON: the status has to do
    yield { error: causeOf({ status: response.status, body }) || `Podman answered ${response.status}` };
    return;
  }
  if (response.body === null) return;
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

function tell(onProgress: (line: string) => void, text: string): void {
  for (const line of text.split("\n")) {
    if (line.trim() !== "") onProgress(line.trimEnd().slice(0, IMAGE_LINE_MAX_CHARS));
  }
}

function failed(action: string, why: string): Error {
  return new Error(`Cannot ${action} as Podman must succeed: ${why.trim()}`);
}
