/** `runner image` as a person uses it, against a Podman that a test plays. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));
const ID = `sha256:${"ab".repeat(32)}`;

interface World {
  readonly asked: string[];
  /** The tar stream of a build. */
  readonly sent: string[];
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  readonly dir: string;
}

async function withPodman(body: (world: World) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_image_" });
  const socket = join(dir, "podman.sock");
  const asked: string[] = [];
  const sent: string[] = [];
  const server = Deno.serve({ path: socket, onListen: () => {} }, async (request) => {
    const url = request.url.slice(request.url.indexOf("/libpod") + 7);
    asked.push(`${request.method} ${url}`);
    if (url.startsWith("/images/pull")) {
      return url.includes("none")
        ? new Response('{"error":"manifest unknown"}\n')
        : new Response(`{"stream":"Copying blob 1\\n"}\n{"stream":"Writing manifest\\n"}\n{"id":"${ID}"}\n`);
    }
    if (url.startsWith("/build")) {
      sent.push(await request.text());
      return new Response('{"stream":"STEP 1/2: FROM x\\n"}\n{"stream":"STEP 2/2: COPY\\u001b[31m a\\n"}\n');
    }
    if (url.startsWith("/images/json")) {
      const made = { Created: 1_700_000_000, Size: 1_610_612_736 };
      return Response.json([
        { ...made, Id: ID, RepoTags: ["localhost/shopfloor-agent-claude:1"] },
        { ...made, Id: ID, RepoTags: null },
      ]);
    }
    return url.endsWith("/json") ? Response.json({ Id: ID }) : new Response("{}", { status: 500 });
  });
  const run = async (...args: string[]) => {
    const done = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "image", ...args, "--podman-socket", socket, "--data", join(dir, "data")],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code: done.code, stdout: decoder.decode(done.stdout), stderr: decoder.decode(done.stderr) };
  };
  try {
    await body({ asked, sent, run, dir });
  } finally {
    await server.shutdown();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("an image is pulled with its progress told, and a registry's refusal is said as it is", async () => {
  await withPodman(async ({ run, asked }) => {
    const pulled = await run("pull", "registry.example/tiny:1");
    assert.deepEqual([pulled.code, pulled.stdout], [0, `pulled registry.example/tiny:1 (${ID})\n`]);
    assert.match(pulled.stderr, /Copying blob 1\nWriting manifest\n/);
    assert.equal(asked[0], "POST /images/pull?reference=registry.example%2Ftiny%3A1");
    const none = await run("pull", "registry.example/none:1");
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Cannot pull registry\.example\/none:1 as .*manifest unknown$/m);
    assert.doesNotMatch(none.stderr, / at /, "without a stack");
  });
});

Deno.test("an image is built from a directory, with arguments, and without what a terminal would act on", async () => {
  await withPodman(async ({ run, asked, sent, dir }) => {
    await Deno.mkdir(join(dir, "context"));
    await Deno.writeTextFile(join(dir, "context/Make"), "FROM x\n");
    const built = await run(
      ...["build", join(dir, "context"), "--tag", "localhost/mine:2", "--file", "Make"],
      ...["--build-arg", "A=1=2", "--build-arg", "B="],
    );
    assert.deepEqual([built.code, built.stdout], [0, `built localhost/mine:2 (${ID})\n`]);
    assert.match(built.stderr, /STEP 2\/2: COPY \[31m a/);
    const query = new URLSearchParams(asked[0]!.split("?")[1]);
    assert.deepEqual([query.get("t"), query.get("dockerfile"), query.get("buildargs")], [
      "localhost/mine:2",
      "Make",
      '{"A":"1=2","B":""}',
    ]);
    assert.match(sent[0]!, /Make/);
    const wrong = await run("build", dir, "--tag", "x", "--build-arg", "A");
    assert.match(wrong.stderr, /--build-arg must be NAME=VALUE: current value is A/);
  });
});

Deno.test("images are listed with their size and whether runs use them", async () => {
  await withPodman(async ({ run }) => {
    const { stdout } = await run("list", "--image", "localhost/shopfloor-agent-{harness}:1");
    assert.deepEqual(stdout.split("\n"), [
      "localhost/shopfloor-agent-claude:1\tabababababab\t1.5 GiB\t2023-11-14 22:13\tused by runs",
      "(no name)\tabababababab\t1.5 GiB\t2023-11-14 22:13",
      "",
    ]);
    const json = JSON.parse((await run("list", "--json")).stdout);
    assert.deepEqual(json.map(({ isUsed }: { isUsed: boolean }) => isUsed), [false, false]);
    const other = await run("list", "--runtime", "process");
    assert.match(other.stderr, /the runtime must be podman: current value is process/);
  });
});
