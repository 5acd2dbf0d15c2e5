/** What agents remember between machines (Line 4.2): our runner on two of them, at the real Worker. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { readRunConfig } from "../../runner-agent/config.ts";
import { ProcessContainer } from "../../runner-agent/container/process_container.ts";
import { runDaemon } from "../../runner-agent/job/daemon.ts";
import { openJournal } from "../../runner-agent/job/journal.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createDaemonDeps, stateDirOf } from "../../runner-agent/job/wiring.ts";
import { readArchive } from "../../runner-agent/memory/zip_archive.ts";
import type { HarnessName } from "../../runner-agent/ports.ts";
import { removeTree } from "../../runner-agent/worktree/run_directory.ts";
import { ADMIN_TOKEN, startPlane, type TestProject } from "../fake/plane.ts";
import { scriptedAgent, withPrograms } from "../fake/scripted_agent.ts";
import { putLine, station, submit } from "../worker/work_fixture.ts";

const NOTES = "projects/-workspace/memory/MEMORY.md";
const PLACE = "/claude-config-archive";

interface World {
  readonly at: TestProject;
  readonly url: string;
}

/** One job on a machine of its own; answers what it said and how its task ended. */
async function work(
  { at, url }: World,
  name: string,
  command: string,
  { shares = true, agent = "claude" as HarnessName } = {},
) {
  await putLine(at, { name: "L", stations: [station("write", { operatorConfig: { agent, command } })] });
  const registered = await at.register(name);
  const taskId = await submit(at);
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_memory_" }));
  const stateDir = stateDirOf(root, registered.id);
  await Deno.mkdir(stateDir, { recursive: true });
  const journal = await openJournal(join(stateDir, "journal.db"));
  const events: string[] = [];
  const config = readRunConfig({ data: root, runtime: "process", once: true, transport: "poll" }, {
    env: {},
    uid: 0,
  }, {
    global: {
      level: "global",
      values: { "defaults.shared_memory": { value: shares, from: "a test" } },
      env: {},
    },
    projects: new Map(),
    credentials: [],
  });
  const never = new AbortController().signal;
  const deps = createDaemonDeps({
    config,
    registration: { ...registered, server: url, owner: at.owner, project: at.project, labels: [] },
    runtime: new ProcessContainer({
      stateDir: join(root, "processes"),
      instance: registered.id,
      clock: systemClock,
      warn: () => {},
    }),
    journal,
    clock: systemClock,
    log: (event, fields) => events.push(`${event} ${fields?.["detail"] ?? ""}`.trim()),
    env: {},
    uid: Deno.uid() ?? 0,
    print: null,
  });
  await runDaemon({
    ...deps,
    ability: { harnesses: [agent], forcedHarness: null, runtime: "process" },
    harnessByName: scriptedAgent,
  }, { drain: never, stop: never, abandon: never });
  journal.close();
  await removeTree(root);
  const { status } = await at.must(200, "GET", `/tasks/${taskId}`);
  return { status, output: (await at.call("GET", `/tasks/${taskId}/log`)).text, events };
}

const archive = ({ at, url }: World, init: RequestInit = {}) =>
  fetch(url + at.base + PLACE, { ...init, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });

async function kept(world: World): Promise<Readonly<Record<string, string>> | null> {
  const response = await archive(world);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status === 404) return null;
  const files = await readArchive(bytes);
  assert.ok(files.ok);
  return Object.fromEntries([...files.value].map(([path, content]) => [
    path,
    new TextDecoder().decode(content),
  ]));
}

/** What somebody else has put: anything may be in it. */
async function putArchive(world: World, files: Readonly<Record<string, string>>, link?: string) {
  const zip = new ZipWriter(new Uint8ArrayWriter());
  const bytes = (text: string) => new Uint8ArrayReader(new TextEncoder().encode(text));
  for (const [path, text] of Object.entries(files)) await zip.add(path, bytes(text));
  if (link !== undefined) {
    await zip.add(link, bytes("/etc"), {
      externalFileAttributes: (0o120777 << 16) >>> 0,
      versionMadeBy: 0x314,
    });
  }
  const put = await archive(world, { method: "PUT", body: await zip.close() as Uint8Array<ArrayBuffer> });
  assert.equal(put.status, 200, await put.text());
}

Deno.test({
  name: "what agents remember",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: (t) => withPrograms(["claude", "codex"], () => remembering(t)),
});

async function remembering(t: Deno.TestContext): Promise<void> {
  await using plane = await startPlane();
  const fresh = (): World => ({ at: plane.project(), url: plane.url });
  const WRITE = `mkdir -p ~/.claude/projects/-workspace/memory; cd ~/.claude`;

  await t.step(
    "on one machine is there on the next, which adds to it; no credential goes along",
    async () => {
      const world = fresh();
      const first = await work(
        world,
        "ada",
        `test ! -e ~/.claude; ${WRITE}
         echo "tests need a database" > ${NOTES}
         echo secret > .credentials.json; echo '{}' > settings.json; echo x > projects/-workspace/s.jsonl
         echo "$AGENTICS_TOKEN" > projects/-workspace/memory/token.md
         ln -s /etc/passwd projects/-workspace/memory/passwd; ln -s /etc agent-memory`,
      );
      assert.equal(first.status, "completed", first.output);
      assert.deepEqual(await kept(world), { [NOTES]: "tests need a database\n" });
      assert.ok(first.events.includes("memory_left_out"), first.events.join());
      const second = await work(
        world,
        "bob",
        `cd ~/.claude; find . -type f; cat ${NOTES}; echo more >> ${NOTES}`,
      );
      assert.equal(second.output, `./${NOTES}\ntests need a database\n`);
      assert.deepEqual(await kept(world), { [NOTES]: "tests need a database\nmore\n" });
      await work(world, "cy", `rm ~/.claude/${NOTES}`);
      assert.deepEqual(await kept(world), {});
    },
  );

  await t.step("is kept of runs that succeed, with Claude Code, where the settings say so", async () => {
    const world = fresh();
    const note = `${WRITE}; echo x > ${NOTES}`;
    assert.equal((await work(world, "ada", `${note}; exit 1`)).status, "failed");
    await work(world, "bob", note, { shares: false });
    await work(world, "cy", note, { agent: "codex" });
    assert.equal(await kept(world), null);
  });

  await t.step(
    "comes from an archive of any kind, of which memory alone is placed; the rest is kept",
    async () => {
      const world = fresh();
      const others = { "todos/1.json": "[]", "settings.json": '{"hooks":{}}' };
      await putArchive(world, { ...others, ".credentials.json": "k", [NOTES]: "n" }, "agent-memory/etc");
      const done = await work(world, "ada", `cd ~/.claude; find . ! -type d; echo m > ${NOTES}`);
      assert.deepEqual([done.status, done.output], ["completed", `./${NOTES}\n`]);
      assert.deepEqual(await kept(world), { ...others, [NOTES]: "m\n" });
    },
  );

  await t.step("that cannot be read, or leads out, is left alone, and costs no run", async () => {
    const world = fresh();
    const outside = "../../../../../../../../tmp/shopfloor_memory_outside";
    await putArchive(world, { [outside]: "x", [NOTES]: "n" });
    const before = await (await archive(world)).bytes();
    const done = await work(world, "ada", `test ! -e ~/.claude; ${WRITE}; echo m > ${NOTES}`);
    assert.equal(done.status, "completed");
    assert.ok(done.events.includes("memory_not_recalled the archive is no zip that can be read"));
    await assert.rejects(Deno.lstat("/tmp/shopfloor_memory_outside"), Deno.errors.NotFound);
    assert.deepEqual(await (await archive(world)).bytes(), before);
  });
}
