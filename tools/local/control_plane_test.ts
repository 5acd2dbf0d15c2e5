import assert from "node:assert/strict";
import { join } from "node:path";
import { ensureAdminToken } from "./admin_token.ts";
import { boardAddress } from "./board.ts";
import { type ControlPlaneOptions, startControlPlane } from "./control_plane.ts";
import { repositoryPath } from "./paths.ts";
import { freePort } from "./ports.ts";

async function withOptions(body: (options: ControlPlaneOptions) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_plane_" });
  try {
    await body({
      port: freePort(),
      dataDir,
      historyUrl: "http://history",
      adminToken: "the-token",
      configPath: repositoryPath("test/fake/tiny_plane/wrangler.toml"),
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function add(url: string): Promise<{ readonly count: number; readonly blob: string | null }> {
  return await (await fetch(`${url}/add`)).json();
}

Deno.test("the control plane keeps objects and blobs through a crash and a stop, and takes its configuration from wrangler.toml", () =>
  withOptions(async (options) => {
    const first = await startControlPlane(options);
    assert.deepEqual(await add(first.url), {
      count: 1,
      blob: null,
      text: "select 1;\n",
      historyUrl: "http://history",
      publicUrl: "http://from.configuration",
      token: "the-token",
    });
    await first.kill9();
    await assert.rejects(add(first.url));

    const second = await startControlPlane(options);
    assert.equal(second.url, first.url);
    const { count, blob } = await add(second.url);
    assert.deepEqual([count, blob], [2, "kept"]);
    await second.stop();

    const third = await startControlPlane(options);
    assert.equal((await add(third.url)).count, 3);
    await third.kill9();
  }));

Deno.test("a port that another program has is refused, with what to do", () =>
  withOptions(async (options) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    await assert.rejects(startControlPlane({ ...options, port, portWithinMs: 200 }), /must be free.*--port/s);
  }));

Deno.test("a Worker that does not hang together is an error with file and line", () =>
  withOptions(async (options) => {
    const configPath = join(options.dataDir, "wrangler.toml");
    const text = await Deno.readTextFile(options.configPath!);
    await Deno.writeTextFile(configPath, text.replace("tiny_worker.ts", "broken.ts"));
    await Deno.writeTextFile(join(options.dataDir, "broken.ts"), 'import "./missing.ts";\n');
    await assert.rejects(startControlPlane({ ...options, configPath }), /broken\.ts:1:7.*missing/s);
  }));

Deno.test("the admin token is the environment's, or generated once and readable by its owner only", async () => {
  const dataDir = await Deno.makeTempDir();
  const before = Deno.env.get("SHOPFLOOR_ADMIN_TOKEN");
  try {
    Deno.env.set("SHOPFLOOR_ADMIN_TOKEN", "given");
    assert.equal(await ensureAdminToken(dataDir), "given");
    Deno.env.delete("SHOPFLOOR_ADMIN_TOKEN");
    const [one, two] = await Promise.all([ensureAdminToken(dataDir), ensureAdminToken(dataDir)]);
    assert.equal(one, two);
    assert.equal(await ensureAdminToken(dataDir), one);
    assert.ok(one.length >= 43, "256 bits in base64url");
    assert.equal((await Deno.stat(join(dataDir, "admin_token"))).mode! & 0o777, 0o600);
  } finally {
    if (before === undefined) Deno.env.delete("SHOPFLOOR_ADMIN_TOKEN");
    else Deno.env.set("SHOPFLOOR_ADMIN_TOKEN", before);
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("the board's address is the link of the control plane, or the plain address where it has none", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const isAdmin = request.headers.get("authorization") === "Bearer t";
    return request.method === "POST" && new URL(request.url).pathname === "/session/links" && isAdmin
      ? Response.json({ url: "/session/redeem#abc" }, { status: 201 })
      : new Response(null, { status: 401 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.equal(await boardAddress(url, "t"), `${url}/session/redeem#abc`);
  await assert.rejects(boardAddress(url, "wrong"), /answered 401/);
  await using old = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status: 404 }),
  );
  assert.equal(
    await boardAddress(`http://127.0.0.1:${old.addr.port}`, "t"),
    `http://127.0.0.1:${old.addr.port}`,
  );
});
