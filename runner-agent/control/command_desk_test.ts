import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentCommand, CommandOutcome } from "../../protocol/agent/commands.ts";
import { createCommandDesk } from "./command_desk.ts";
import type { CallOutcome } from "./http_call.ts";

const command = (commandId: string, rest: Partial<AgentCommand> = {}): AgentCommand =>
  ({ runId: "r1", commandId, kind: "message", text: "hi", interrupt: false, ...rest }) as AgentCommand;
const ok: CallOutcome<unknown> = { kind: "ok", value: null };
const away: CallOutcome<unknown> = { kind: "unreachable", detail: "x" };

/** One life of a runner with its desk. */
function makeDesk(
  options: {
    known?: string[];
    answers?: CallOutcome<unknown>[];
    nowMs?: () => number;
    journal?: (runId: string) => Promise<boolean>;
  } = {},
) {
  const ended = new AbortController();
  const told: string[] = [];
  const desk = createCommandDesk({
    isKnown: options.journal ?? ((runId) => Promise.resolve((options.known ?? ["r1"]).includes(runId))),
    tell: (one, { outcome }) => {
      told.push(`${one.commandId} ${outcome}`);
      return Promise.resolve(options.answers?.shift() ?? ok);
    },
    clock: { nowMs: options.nowMs ?? (() => 0), sleep: () => Promise.resolve() },
    random: () => 0,
    ended: ended.signal,
  });
  return { desk, told, end: () => ended.abort() };
}

/** A session whose commands end when the test says so. */
function makeSession() {
  const heard: string[] = [];
  const open = new Map<string, PromiseWithResolvers<CommandOutcome>>();
  return {
    heard,
    end: (id: string, outcome: CommandOutcome["outcome"]) => open.get(id)!.resolve({ outcome, detail: null }),
    fail: (id: string) => open.get(id)!.reject(new Error("over")),
    carryOut: (one: AgentCommand) => {
      heard.push(one.commandId);
      const waits = Promise.withResolvers<CommandOutcome>();
      open.set(one.commandId, waits);
      return waits.promise;
    },
  };
}

/** Until all that can go on has: as often as a record is written in between, a file is written here. */
async function settle(): Promise<void> {
  const path = await Deno.makeTempFile();
  for (let times = 0; times < 20; times++) {
    using file = await Deno.open(path, { append: true });
    await file.write(new Uint8Array(1));
    await file.sync();
  }
  await Deno.remove(path);
}

/** Once what was asked for is there; however slow the disk is. */
async function eventually(check: () => void): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  for (;;) {
    await settle();
    try {
      return check();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
  }
}

function deskTest(name: string, run: (file: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const dir = await Deno.makeTempDir();
    try {
      await run(join(dir, "commands"));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

deskTest(
  "a command that is said again and again is carried out once, in order, and answered when it is over",
  async (file) => {
    const { desk, told } = makeDesk();
    const session = makeSession();
    desk.attach("r1", session, file);
    desk.hear([command("a"), command("b")]);
    desk.hear([command("a"), command("b")]);
    await eventually(() => assert.deepEqual(session.heard, ["a", "b"]));
    assert.deepEqual(told, []);
    session.end("b", "expired");
    await settle();
    session.end("a", "confirmed");
    await eventually(() => assert.deepEqual(told, ["b expired", "a confirmed"]));
    // The control plane had not heard us when it said this.
    desk.hear([command("a")]);
    await eventually(() => assert.deepEqual(session.heard, ["a", "b"]));
    assert.deepEqual(told.at(-1), "a confirmed");
  },
);

deskTest(
  "after a restart what is over is only told, and a message that had begun goes to its session again",
  async (file) => {
    const first = makeDesk();
    const session = makeSession();
    first.desk.attach("r1", session, file);
    first.desk.hear([command("done"), command("begun")]);
    await settle();
    session.end("done", "confirmed");
    await settle();
    first.end();
    const second = makeDesk();
    const again = makeSession();
    second.desk.hear([command("done"), command("begun")]);
    second.desk.attach("r1", again, file);
    await eventually(() => assert.deepEqual(second.told, ["done confirmed"]));
    assert.deepEqual(again.heard, ["begun"]);
  },
);

for (const kind of ["keys", "interrupt"] as const) {
  deskTest(`${kind} that had begun when the runner was killed are not done a second time`, async (file) => {
    const first = makeDesk();
    first.desk.attach("r1", makeSession(), file);
    first.desk.hear([command("k", { kind, keys: ["y"] } as Partial<AgentCommand>)]);
    await settle();
    first.end();
    const second = makeDesk();
    const session = makeSession();
    second.desk.attach("r1", session, file);
    second.desk.hear([command("k", { kind, keys: ["y"] } as Partial<AgentCommand>)]);
    await settle();
    assert.deepEqual(session.heard, []);
    assert.deepEqual(second.told, ["k failed"]);
  });
}

deskTest("a word that was not heard is said again until it is, or until it is refused", async (file) => {
  const { desk, told } = makeDesk({
    answers: [away, away, { kind: "refused", status: 404, code: "x", message: "" }],
  });
  const session = makeSession();
  desk.attach("r1", session, file);
  desk.hear([command("a", { kind: "suspend" } as Partial<AgentCommand>)]);
  await settle();
  session.end("a", "done");
  await eventually(() => assert.deepEqual(told, ["a done", "a done", "a done"]));
});

deskTest("commands to a run that is not here, or that has no session, are answered as such", async (file) => {
  const { desk, told } = makeDesk();
  desk.attach("r1", null, file);
  desk.hear([command("a"), command("b", { runId: "r2" })]);
  await eventually(() => assert.deepEqual(told.sort(), ["a not_supported", "b unknown_run"]));
});

deskTest("commands wait for a session that is not up yet", async (file) => {
  const { desk, told } = makeDesk();
  desk.hear([command("a"), command("b")]);
  await settle();
  assert.deepEqual(told, []);
  const session = makeSession();
  desk.attach("r1", session, file);
  await eventually(() => assert.deepEqual(session.heard, ["a", "b"]));
});

deskTest("a session that ends before its command fails it; a runner that ends says nothing", async (file) => {
  const { desk, told, end } = makeDesk();
  const session = makeSession();
  desk.attach("r1", session, file);
  desk.hear([command("a"), command("b")]);
  await settle();
  session.fail("a");
  await eventually(() => assert.deepEqual(told, ["a failed"]));
  end();
  session.fail("b");
  await eventually(() => assert.deepEqual(told, ["a failed"]));
});

deskTest("a record whose last line is not whole is read up to it", async (file) => {
  await Deno.writeTextFile(
    file,
    '\n{"commandId":"a","outcome":{"outcome":"done","detail":null}}\n{"commandId":"b","ou',
  );
  const { desk, told } = makeDesk();
  const session = makeSession();
  desk.attach("r1", session, file);
  desk.hear([command("a"), command("b")]);
  await eventually(() => assert.deepEqual(told, ["a done"]));
  assert.deepEqual(session.heard, ["b"]);
  session.end("b", "done");
  await settle();
  const { desk: next, told: again } = makeDesk();
  next.attach("r1", makeSession(), file);
  next.hear([command("b")]);
  await eventually(() => assert.deepEqual(again, ["b done"]));
});

deskTest("a message that waited here for its session has less of its time left", async (file) => {
  let nowMs = 0;
  const { desk } = makeDesk({ nowMs: () => nowMs });
  const left: unknown[] = [];
  desk.hear([command("a", { expiresInMs: 1_000 }), command("b")]);
  await settle();
  nowMs = 400;
  desk.attach("r1", {
    carryOut: (one) => {
      left.push("expiresInMs" in one ? one.expiresInMs : null);
      return Promise.resolve({ outcome: "confirmed", detail: null });
    },
  }, file);
  await eventually(() => assert.deepEqual(left, [600, null]));
});

Deno.test("a journal that cannot be read breaks nothing, and the command is heard when it comes again", async () => {
  let isBroken = true;
  const { desk, told, end } = makeDesk({
    journal: () => isBroken ? Promise.reject(new Error("disk I/O error")) : Promise.resolve(false),
  });
  desk.hear([command("c1")]);
  await settle();
  assert.deepEqual(told, []);
  isBroken = false;
  desk.hear([command("c1")]);
  await eventually(() => assert.deepEqual(told, ["c1 unknown_run"]));
  end();
});
