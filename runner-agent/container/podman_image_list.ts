/** The images of this machine, those that we have made by their label, and their removal. */
import { causeOf, PodmanClient, unexpectedReply } from "./podman_client.ts";

/** On each image of ours: a digest of what went in. */
const IMAGE_LABEL = "shopfloor.content";

export interface OwnImage {
  readonly id: string;
  /** With tag; "" for one that lost its name to another. */
  readonly name: string;
  readonly bytes: number;
  readonly createdAtMs: number;
}

export function listOwnImages(podman: PodmanClient): Promise<readonly OwnImage[]> {
  return listImages(podman, `?filters=${encodeURIComponent(JSON.stringify({ label: [IMAGE_LABEL] }))}`);
}

/** All that the user's Podman has, whoever made them. */
export function listAllImages(podman: PodmanClient): Promise<readonly OwnImage[]> {
  return listImages(podman, "");
}

async function listImages(podman: PodmanClient, query: string): Promise<readonly OwnImage[]> {
  const reply = await podman.request("GET", `/images/json${query}`);
  if (reply.status !== 200) throw unexpectedReply("list images", reply);
  // deno-lint-ignore no-explicit-any
  return (reply.body as any[]).map((row) => ({
    id: row.Id,
    name: (row.RepoTags ?? [])[0] ?? "",
    bytes: row.Size,
    createdAtMs: row.Created * 1_000,
  }));
}

/** @returns Null, or why it stays: a container uses it. One that is gone is removed. */
export async function removeImage(podman: PodmanClient, image: OwnImage): Promise<string | null> {
  const reply = await podman.request("DELETE", `/images/${encodeURIComponent(image.name || image.id)}`);
  return reply.status === 200 || reply.status === 404 ? null : causeOf(reply);
}
