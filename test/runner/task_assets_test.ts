/** The files beside a task's card, as the agent finds them. Whole runner over plain processes, and a server of assets. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { JobAsset } from "../../protocol/line/task_asset.ts";
import { type AssetOpener, createAssetSource } from "../../runner-agent/control/asset_source.ts";
import { OWNER, PROJECT } from "../fake/control_plane.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const MAX_BYTES = 1_000;
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

interface AssetServer extends AsyncDisposable {
  readonly url: string;
  /** Path -> what is there; a number is a status. */
  readonly files: Map<string, string | number | Response>;
  /** What the server lists by now; null: it has no such list. */
  list: readonly object[] | null;
  /** Path and bearer of each request. */
  readonly asked: (readonly [string, string | null])[];
}

function startAssetServer(): AssetServer {
  const files = new Map<string, string | number | Response>();
  const asked: (readonly [string, string | null])[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    asked.push([pathname, request.headers.get("authorization")]);
    if (pathname.endsWith("/assets") && assets.list !== null) return Response.json({ assets: assets.list });
    const found = files.get(pathname + search) ?? 404;
    if (found instanceof Response) return found;
    return typeof found === "number" ? new Response(null, { status: found }) : new Response(found);
  });
  const assets: AssetServer = {
    url: `http://127.0.0.1:${server.addr.port}`,
    files,
    list: null,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return assets;
}

const asset = (fileName: string, url: string, more: Partial<JobAsset> = {}): JobAsset => ({
  fileName,
  mimeType: "text/plain",
  url,
  ...more,
});

async function run(
  rig: RunnerRig,
  serverUrl: string,
  taskAssets: readonly JobAsset[],
  command: string,
  open?: AssetOpener,
) {
  const jobId = rig.addJob({ operatorConfig: { command }, autoGit: true, taskAssets });
  const source = createAssetSource({ serverUrl, owner: OWNER, project: PROJECT }, open);
  const runner = await rig.startInside(openProcessRuntime(rig), {
    isOnce: true,
    assets: { source, maxBytes: MAX_BYTES },
  });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
  assert.deepEqual([jobResult, error], ["success", null]);
  return { output: rig.plane.outputOf(jobId), events: runner.events };
}

const SHOW = "cat .agentics/assets/manifest.json";

Deno.test("assets are in their folder with a manifest, and `git add -A` takes none of them", async () => {
  await withRunnerRig(async (rig) => {
    await using server = startAssetServer();
    server.files.set("/a?v=1", "the plan").set("/b", "");
    const { output } = await run(
      rig,
      server.url,
      [
        asset("the plan.txt", `${server.url}/a?v=1`, { size: 8, sha256: hashOf("the plan") }),
        asset("empty", "/b"),
      ],
      `cat '.agentics/assets/the plan.txt'; echo; ls -A .agentics/assets
       git add -A; git status --porcelain; ${SHOW}`,
    );
    const [text, a, b, c, ...manifest] = output.split("\n");
    assert.deepEqual([text, a, b, c], ["the plan", "empty", "manifest.json", "the plan.txt"]);
    assert.deepEqual(JSON.parse(manifest.join("\n")), {
      assets: [
        { name: "the plan.txt", size: 8, sha256: hashOf("the plan"), contentType: "text/plain" },
        { name: "empty", size: 0, sha256: hashOf(""), contentType: "text/plain" },
      ],
      leftOut: [],
    });
    const bearers = new Set(server.asked.map(([, bearer]) => bearer));
    assert.deepEqual(bearers.size, 1);
    assert.match([...bearers][0] ?? "", /^Bearer .+/, "the run's token, within this machine");
  });
});

Deno.test("one that is gone or replaced is looked for once more, and else left out with a word", async () => {
  await withRunnerRig(async (rig) => {
    await using server = startAssetServer();
    server.files.set("/replaced", "new words").set("/moved2", "moved").set("/other", "not what was said");
    server.list = [
      { name: "replaced", size: 9, sha256: hashOf("new words"), type: "text/x-new", url: "/replaced" },
      { name: "moved", url: "/moved2" },
      { name: "other", sha256: hashOf("nor this"), url: "/other" },
      { name: "new since", url: "/a" },
    ];
    const { output, events } = await run(
      rig,
      server.url,
      [
        asset("replaced", "/replaced", { size: 3, sha256: hashOf("old") }),
        asset("moved", "/moved1"),
        asset("deleted", "/deleted"),
        asset("other", "/other", { sha256: hashOf("old") }),
      ],
      `${SHOW}; ls -A .agentics/assets`,
    );
    const { assets, leftOut } = JSON.parse(output.slice(0, output.indexOf("\n}\n") + 3));
    assert.deepEqual(
      assets.map(({ name, sha256, contentType }: Record<string, string>) => [name, sha256, contentType]),
      [
        ["replaced", hashOf("new words"), "text/x-new"],
        ["moved", hashOf("moved"), "application/octet-stream"],
      ],
    );
    assert.deepEqual(leftOut, [
      { name: "deleted", reason: "it was deleted" },
      { name: "other", reason: "its SHA-256 is another one" },
    ]);
    assert.equal(server.asked.filter(([path]) => path.endsWith("/assets")).length, 1, "listed once");
    const said = events.filter(({ event }) => event === "asset_left_out").map(({ name }) => name);
    assert.deepEqual(said, ["deleted", "other"]);
    assert.match(output, /manifest\.json\nmoved\nreplaced\n$/);
  });
});

Deno.test("hostile names, what is too large and what fails are left out, and the run goes on", async () => {
  await withRunnerRig(async (rig) => {
    await using server = startAssetServer();
    server.files.set("/long", "x".repeat(MAX_BYTES + 1)).set("/broken", 503).set("/no", 403).set("/ok", "ok");
    server.files.set("/away", Response.redirect("http://files.example/x", 302));
    const { output } = await run(
      rig,
      server.url,
      [
        asset("../../escape", "/ok"),
        asset("/tmp/escape", "/ok"),
        asset(".git", "/ok"),
        asset("manifest.json", "/ok"),
        asset("said.bin", "/ok", { size: MAX_BYTES + 1 }),
        asset("long.bin", "/long"),
        asset("broken", "/broken"),
        asset("no", "/no"),
        asset("away", "/away"),
        asset("plain", "http://files.example/x"),
        asset("ok", "/ok"),
      ],
      SHOW,
    );
    const { assets, leftOut } = JSON.parse(output);
    assert.deepEqual(assets.map(({ name }: { name: string }) => name), ["ok"]);
    assert.deepEqual(
      leftOut.slice(4).map(({ name, reason }: Record<string, string>) => `${name}: ${reason}`),
      [
        "said.bin: it has more than 1000 bytes",
        "long.bin: it has more than 1000 bytes",
        "broken: it could not be fetched: status 503",
        "no: status 403",
        "away: another server is asked over https only",
        "plain: another server is asked over https only",
      ],
    );
    assert.equal(
      server.asked.filter(([path]) => path === "/broken").length,
      3,
      "what may pass is tried again",
    );
    await assert.rejects(Deno.lstat(join(rig.root, "escape")), Deno.errors.NotFound);
  });
});

Deno.test("another server gets no token, and must be public where the runner's own is", async () => {
  await withRunnerRig(async (rig) => {
    const asked: (readonly [string, string | null, boolean])[] = [];
    const open: AssetOpener = (url, { token, mustBePublic }) => {
      asked.push([url.href, token === null ? null : "a token", mustBePublic]);
      const isOwn = url.hostname === "plane.example.com";
      return Promise.resolve({
        status: isOwn ? 302 : 200,
        location: isOwn ? "https://files.example.net/kept" : null,
        contentLength: null,
        body: (async function* () {
          yield await Promise.resolve(new TextEncoder().encode("kept"));
        })(),
        close: () => {},
      });
    };
    const { output } = await run(
      rig,
      "https://plane.example.com",
      [
        asset("redirected", "/a"),
        asset("elsewhere", "https://files.example.net/b", { size: 4 }),
        asset("inside", "https://169.254.169.254/latest/meta-data"),
      ],
      SHOW,
      open,
    );
    const { assets, leftOut } = JSON.parse(output);
    assert.deepEqual(assets.map(({ name }: { name: string }) => name), ["redirected", "elsewhere"]);
    assert.deepEqual(leftOut, [{ name: "inside", reason: "its address is a private one" }]);
    assert.deepEqual(asked, [
      ["https://plane.example.com/a", "a token", false],
      ["https://files.example.net/kept", null, true],
      ["https://files.example.net/b", null, true],
    ]);
  });
});

Deno.test("a file of the project at an asset's place is hidden, and its change is never committed", async () => {
  await withRunnerRig(async (rig) => {
    await using server = startAssetServer();
    server.files.set("/a", "of the task");
    const seed = join(rig.root, "seed");
    await Deno.mkdir(join(seed, ".agentics/assets"), { recursive: true });
    await Deno.writeTextFile(join(seed, ".agentics/assets/a.txt"), "of the project");
    await rig.git(seed, "add", "-A");
    await rig.git(seed, "commit", "-qm", "assets");
    await rig.git(seed, "push", "-q", rig.originDir, "main");
    const { output } = await run(
      rig,
      server.url,
      [asset("a.txt", "/a")],
      "cat .agentics/assets/a.txt; git add -A; git status --porcelain",
    );
    assert.equal(output, "of the task");
  });
});
