import assert from "node:assert/strict";
import { withAilFolder } from "../../test/fake/ail_command.ts";
import { manifestUrl } from "./init/remote.ts";

const MIB = 1_048_576;
const HEAD = "name: theirs\nshort_description: x\n";
const listing = (...files: readonly string[]) =>
  `${HEAD}files:\n${files.map((file) => `  - ${file}\n`).join("")}`;

type Answer = string | Uint8Array | (() => Response);

/** Serves answers by path, and keeps which paths were asked for. */
async function withServer(
  answers: Readonly<Record<string, Answer>>,
  body: (base: string, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const answer = answers[pathname];
    if (typeof answer === "function") return answer();
    if (answer === undefined) return new Response("none", { status: 404 });
    return new Response(answer as BodyInit);
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, asked);
  } finally {
    await server.shutdown();
  }
}

/** Installs `/t/template.yaml` of a server. */
async function install(answers: Readonly<Record<string, Answer>>, ...options: string[]) {
  let result = { code: -1, out: "", err: "" };
  let asked: readonly string[] = [];
  const written: Record<string, number> = {};
  await withServer(answers, async (base, paths) => {
    await withAilFolder(async ({ ail, dir }) => {
      result = await ail(["init", `${base}/t/template.yaml`, ...options]);
      await collect(dir, "", written);
    });
    asked = paths;
  });
  return { ...result, asked, written };
}

async function collect(dir: string, below: string, found: Record<string, number>): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(`${dir}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) await collect(dir, path, found);
    else found[path] = (await Deno.stat(`${dir}/${path}`)).size;
  }
}

const RAW = "https://raw.githubusercontent.com";
for (
  const [source, url] of [
    ["github:o/r", `${RAW}/o/r/HEAD/template.yaml`],
    ["github:o/r@v1.2", `${RAW}/o/r/v1.2/template.yaml`],
    ["github:o/r/sub/deeper", `${RAW}/o/r/HEAD/sub/deeper/template.yaml`],
    ["github:o/r@main/sub", `${RAW}/o/r/main/sub/template.yaml`],
    ["github:o/r.git", `${RAW}/o/r/HEAD/template.yaml`],
    ["github:o/r/a b#c?d", `${RAW}/o/r/HEAD/a%20b%23c%3Fd/template.yaml`],
    ["https://github.com/o/r", `${RAW}/o/r/HEAD/template.yaml`],
    ["https://github.com/o/r/", `${RAW}/o/r/HEAD/template.yaml`],
    ["https://github.com/o/r/tree/v1", `${RAW}/o/r/v1/template.yaml`],
    ["https://github.com/o/r/tree/v1/sub/deeper", `${RAW}/o/r/v1/sub/deeper/template.yaml`],
    ["https://x.test:8443/a/template.yaml?token=1", "https://x.test:8443/a/template.yaml?token=1"],
    ["http://x.test/template.yaml", "http://x.test/template.yaml"],
    ["https://x.test/a/other.yaml", null],
    ["https://github.com/o", null],
    ["github:", null],
    ["github:o/r/..", null],
    ["github:o/r@../x", null],
    ["ftp://x.test/template.yaml", null],
    ["file:///etc/template.yaml", null],
    ["https://", null],
  ] as const
) {
  Deno.test(`s33: ${source} is ${url ?? "refused"}`, () => {
    const found = manifestUrl(source);
    assert.equal(found.ok ? found.value.href : null, url);
    if (!found.ok) assert.match(found.error.detail, /^url-invalid: /);
  });
}

Deno.test("s33: what has :// in it or begins with github: is a URL, everything else the name of a template", async () => {
  await withAilFolder(async ({ ail }) => {
    for (const source of ["ftp://x.test/template.yaml", "github:o", "://"]) {
      const refused = await ail(["init", source]);
      assert.equal(refused.code, 1, source);
      assert.match(refused.err, /^\[ail:init\/failed\] url-invalid: /, source);
    }
    for (const source of ["x.test/template.yaml", "GITHUB:o/r", "./template.yaml"]) {
      assert.match((await ail(["init", source])).err, /^\[ail:config\/file-not-found\] /, source);
    }
  });
});

Deno.test("s33: the manifest's name is the folder, its files are beside it, and itself is not installed", async () => {
  const done = await install({
    "/t/template.yaml": listing("default.yaml", "parts/one.yaml", '"umläut #1.yaml"', "sub/template.yaml"),
    "/t/default.yaml": "a",
    "/t/parts/one.yaml": new Uint8Array([0, 255]),
    "/t/uml%C3%A4ut%20%231.yaml": "ccc",
    "/t/sub/template.yaml": "dddd",
  });
  assert.deepEqual([done.code, done.err], [0, ""]);
  assert.deepEqual(done.written, {
    ".ail/theirs/default.yaml": 1,
    ".ail/theirs/parts/one.yaml": 2,
    ".ail/theirs/umläut #1.yaml": 3,
    ".ail/theirs/sub/template.yaml": 4,
  });
});

Deno.test("s33: with --dry-run files are named and none is written", async () => {
  const tried = await install({ "/t/template.yaml": listing("a.yaml"), "/t/a.yaml": "a" }, "--dry-run");
  assert.deepEqual([tried.code, tried.out, tried.written], [0, "would write .ail/theirs/a.yaml\n", {}]);
});

const status = (code: number, headers: Record<string, string> = {}) => () =>
  new Response("no", { status: code, headers });

for (
  const [rule, answers, reason] of [
    ["a manifest that is not there", {}, "not-found:"],
    ["a file that is not there", { "/t/template.yaml": listing("a.yaml") }, "not-found:"],
    ["429", { "/t/template.yaml": status(429) }, "rate-limited:"],
    [
      "403 with no calls left",
      { "/t/template.yaml": status(403, { "x-ratelimit-remaining": "0" }) },
      "rate-limited:",
    ],
    ["403 otherwise", { "/t/template.yaml": status(403) }, "transport:"],
    ["500", { "/t/template.yaml": status(500) }, "transport:"],
    ["YAML that is none", { "/t/template.yaml": "name: [" }, "manifest-invalid:"],
    ["no name", { "/t/template.yaml": "short_description: x\nfiles: [a]\n" }, "manifest-invalid:"],
    ["no description", { "/t/template.yaml": "name: x\nfiles: [a]\n" }, "manifest-invalid:"],
    [
      "a name that is a path",
      { "/t/template.yaml": `name: a/b\nshort_description: x\nfiles: [a]\n` },
      "manifest-invalid:",
    ],
    [
      "a name that leads up",
      { "/t/template.yaml": `name: ..\nshort_description: x\nfiles: [a]\n` },
      "manifest-invalid:",
    ],
    ["no files", { "/t/template.yaml": HEAD }, "manifest-invalid:"],
    ["an empty list of files", { "/t/template.yaml": `${HEAD}files: []\n` }, "manifest-invalid:"],
    [
      "a file that is a folder of another",
      { "/t/template.yaml": listing("a/b.yaml", "a") },
      "manifest-invalid:",
    ],
    ["a file twice", { "/t/template.yaml": listing("a.yaml", "b.yaml", "a.yaml") }, "manifest-invalid:"],
  ] as const
) {
  Deno.test(`s33: refused: ${rule} is ${reason}`, async () => {
    const refused = await install(answers as Readonly<Record<string, Answer>>);
    assert.deepEqual([refused.code, refused.out, refused.written], [1, "", {}]);
    assert.ok(refused.err.startsWith(`[ail:init/failed] ${reason}`), refused.err);
  });
}

Deno.test("s33: a server that is not there is a fault of the transport", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response());
  const { port } = server.addr;
  await server.shutdown();
  await withAilFolder(async ({ ail }) => {
    const refused = await ail(["init", `http://127.0.0.1:${port}/template.yaml`]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^\[ail:init\/failed\] transport: /);
  });
});

for (
  const path of [
    "../a",
    "a/../../b",
    "/etc/passwd",
    "a/",
    "./a",
    "a//b",
    "template.yaml",
    '"a\\\\b"',
    '"C:a"',
    '"a\\0b"',
    '""',
    "..",
  ]
) {
  Deno.test(`s33: the path ${path} is refused before anything but the manifest is asked for`, async () => {
    const refused = await install({ "/t/template.yaml": listing("good.yaml", path), "/t/good.yaml": "x" });
    assert.ok(refused.err.startsWith("[ail:init/failed] files-unsafe:"), refused.err);
    assert.deepEqual([refused.code, refused.asked, refused.written], [1, ["/t/template.yaml"], {}]);
  });
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `f${at}.yaml`);
const served = (files: readonly string[], bytes: number) =>
  Object.fromEntries(files.map((file) => [`/t/${file}`, new Uint8Array(bytes)]));
const manifestOf = (bytes: number) => {
  const head = listing("a.yaml");
  return `${head}#${"x".repeat(bytes - head.length - 2)}\n`;
};

for (
  const [rule, answers, isTaken] of [
    ["a manifest of 1 MiB", { "/t/template.yaml": manifestOf(MIB), "/t/a.yaml": "a" }, true],
    ["a manifest of a byte more", { "/t/template.yaml": manifestOf(MIB + 1), "/t/a.yaml": "a" }, false],
    ["a file of 2 MiB", { "/t/template.yaml": listing("f0.yaml"), ...served(names(1), 2 * MIB) }, true],
    [
      "a file of a byte more",
      { "/t/template.yaml": listing("f0.yaml"), ...served(names(1), 2 * MIB + 1) },
      false,
    ],
    ["16 MiB in all", { "/t/template.yaml": listing(...names(8)), ...served(names(8), 2 * MIB) }, true],
    [
      "a byte more in all",
      {
        "/t/template.yaml": listing(...names(8), "one.yaml"),
        ...served(names(8), 2 * MIB),
        "/t/one.yaml": "x",
      },
      false,
    ],
    ["128 files", { "/t/template.yaml": listing(...names(128)), ...served(names(128), 1) }, true],
    ["129 files", { "/t/template.yaml": listing(...names(129)), ...served(names(129), 1) }, false],
  ] as const
) {
  Deno.test(`s33: ${rule} ${isTaken ? "may be" : "may not be, and nothing is written"}`, async () => {
    const done = await install(answers as Readonly<Record<string, Answer>>);
    assert.equal(done.code, isTaken ? 0 : 1, done.err);
    if (isTaken) return;
    assert.ok(done.err.startsWith("[ail:init/failed] limit-exceeded:"), done.err);
    assert.deepEqual(done.written, {});
  });
}

Deno.test("s33: an answer without an end is left as soon as it is too long", async () => {
  let sent = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536).fill(32));
        },
      }),
    );
  const refused = await install({ "/t/template.yaml": endless });
  assert.ok(refused.err.startsWith("[ail:init/failed] limit-exceeded:"), refused.err);
  // What the system keeps on its way comes on top.
  assert.ok(sent < 64 * MIB, `${sent} bytes were sent`);
});
