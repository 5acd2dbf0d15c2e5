/** A registry of one tiny image, as strict about digests as Podman is: enough of the distribution API to be pulled from. */

export interface FakeRegistry {
  /** `127.0.0.1:PORT/name:tag` of the image. */
  readonly reference: string;
  close(): Promise<void>;
}

/** Serves an image whose only layer is the given tar archive. */
export async function startFakeRegistry(layer: Uint8Array): Promise<FakeRegistry> {
  const blobs = new Map<string, Uint8Array>();
  const add = async (bytes: Uint8Array) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex();
    blobs.set(`sha256:${hash}`, bytes);
    return { digest: `sha256:${hash}`, size: bytes.length };
  };
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const tar = await add(layer);
  const config = await add(json({
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [tar.digest] },
  }));
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = await add(json({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...tar }],
  }));
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v2/") return new Response("{}");
    const digest = /^\/v2\/tiny\/(?:blobs|manifests)\/(.+)$/.exec(pathname)?.[1];
    const found = digest === "1" ? manifest.digest : digest ?? "";
    const bytes = blobs.get(found);
    if (bytes === undefined) return new Response('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', { status: 404 });
    const contentType = found === manifest.digest ? type : "application/octet-stream";
    return new Response(bytes as BodyInit, {
      headers: { "content-type": contentType, "docker-content-digest": found },
    });
  });
  return { reference: `127.0.0.1:${server.addr.port}/tiny:1`, close: () => server.shutdown() };
}
