import assert from "node:assert/strict";
import { join } from "node:path";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { perform, type Routine, tell } from "../pipeline/effect.ts";
import { awaitBranches, cancelBranches, fork } from "../pipeline/scheduler.ts";
import { DriveLeftError, driveRoutine, type Perform } from "./interpreter.ts";
import { openJournal } from "./journal.ts";

function* shell(command: string): Routine<string> {
  const answer = yield* perform<"run_shell">({ kind: "run_shell", command, timeoutMs: null });
  return answer.ok ? answer.value.stdout : `fault: ${answer.error.detail}`;
}

const said = (stdout: string) => ({ ok: true, value: { stdout, stderr: "", exitCode: 0 } });

Deno.test("effects of two branches are carried out beside each other", async () => {
  let running = 0;
  let most = 0;
  const both = Promise.withResolvers<void>();
  const perform: Perform = async (effect) => {
    running++;
    most = Math.max(most, running);
    if (running === 2) both.resolve();
    await both.promise;
    running--;
    return said(effect.kind === "run_shell" ? effect.command : "");
  };
  const ends = await driveRoutine(
    (function* () {
      yield* fork("a", () => shell("one"));
      yield* fork("b", () => shell("two"));
      return yield* awaitBranches(["a", "b"]);
    })(),
    perform,
  );
  assert.equal(most, 2);
  assert.deepEqual(ends, [{ kind: "ended", value: "one" }, { kind: "ended", value: "two" }]);
});

Deno.test("an effect that the engine gave up is aborted, and its answer is passed over", async () => {
  const aborted = Promise.withResolvers<string>();
  const perform: Perform = (effect, signal) => {
    if (effect.kind === "run_shell" && effect.command === "slow") {
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          aborted.resolve("aborted");
          resolve(said("too late"));
        })
      );
    }
    return Promise.resolve(said("quick"));
  };
  const end = await driveRoutine(
    (function* () {
      yield* fork("slow", () => shell("slow"));
      const quick = yield* shell("quick");
      yield* cancelBranches(["slow"]);
      return quick;
    })(),
    perform,
  );
  assert.equal(end, "quick");
  assert.equal(await aborted.promise, "aborted");
});

Deno.test("what an effect throws ends the run, and what else was running is aborted", async () => {
  let waits: AbortSignal | null = null;
  const perform: Perform = (effect, signal) => {
    if (effect.kind === "run_shell" && effect.command === "bad") return Promise.reject(new Error("a bug"));
    waits = signal;
    return new Promise(() => {});
  };
  await assert.rejects(
    driveRoutine(
      (function* () {
        yield* fork("a", () => shell("waits"));
        yield* shell("bad");
      })(),
      perform,
    ),
    /a bug/,
  );
  assert.equal((waits as AbortSignal | null)?.aborted, true);
});

Deno.test("a run that was cut goes on with its journal, and does nothing twice", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal.jsonl");
    const done: string[] = [];
    const routine = function* (): Routine<readonly string[]> {
      const all: string[] = [];
      for (const command of ["a", "b", "c"]) all.push(yield* shell(command));
      return all;
    };
    const performing = (dies: string | null): Perform => (effect) => {
      const command = effect.kind === "run_shell" ? effect.command : "";
      if (command === dies) throw new Error("the machine is gone");
      done.push(command);
      return said(command.toUpperCase());
    };
    const first = await openJournal(path);
    await assert.rejects(driveRoutine(routine(), performing("c"), first), /the machine is gone/);
    first.close();
    // The line that was being written when it happened.
    await Deno.writeTextFile(path, '{"id":"main#3","ans', { append: true });
    const second = await openJournal(path);
    assert.deepEqual(await driveRoutine(routine(), performing(null), second), ["A", "B", "C"]);
    second.close();
    assert.deepEqual(done, ["a", "b", "c"]);
    assert.equal((await Deno.readTextFile(path)).trimEnd().split("\n").length, 3);
  });
});

Deno.test("a drive that is left ends nothing and records nothing, and the next one goes on with what is under way", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal.jsonl");
    const under = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<AbortSignal>();
    const ids: string[] = [];
    const leave = new AbortController();
    const routine = function* () {
      return `${yield* shell("one")} ${yield* shell("two")}`;
    };
    const first = await openJournal(path);
    const driven = driveRoutine(
      routine(),
      (effect, signal, id) => {
        ids.push(id);
        if (effect.kind === "run_shell" && effect.command === "one") return said("1");
        asked.resolve(signal);
        return under.promise;
      },
      first,
      leave.signal,
    );
    const signal = await asked.promise;
    leave.abort();
    await assert.rejects(driven, DriveLeftError);
    assert.equal(signal.aborted, false);
    under.resolve(said("too late"));
    await under.promise;
    first.close();
    const second = await openJournal(path);
    const end = await driveRoutine(routine(), (_effect, _signal, id) => {
      ids.push(id);
      return said("2");
    }, second);
    second.close();
    assert.equal(end, "1 2");
    assert.deepEqual(ids, ["main#1", "main#2", "main#2"]);
  });
});

Deno.test("what is only told is told once over all drives, and a journal from before it was told still fits", async () => {
  const routine = function* (isTelling: boolean): Routine<string> {
    if (isTelling) yield* tell({ kind: "emit", event: { type: "step_skipped", step_id: "one" } });
    const made = yield* shell("make");
    if (isTelling) yield* tell({ kind: "emit", event: { type: "step_skipped", step_id: "two" } });
    return made + (yield* shell("ship"));
  };
  await withTempDir(async (dir) => {
    const done: string[] = [];
    const perform: Perform = (effect) => {
      if (effect.kind === "emit") done.push(`told ${(effect.event as { readonly step_id: string }).step_id}`);
      if (effect.kind !== "run_shell") return null;
      done.push(effect.command);
      return said(effect.command);
    };
    const drive = async (isTelling: boolean, name: string) => {
      const journal = await openJournal(join(dir, name));
      try {
        const end = await driveRoutine(routine(isTelling), perform, journal);
        return [end, ...done.splice(0)];
      } finally {
        journal.close();
      }
    };
    assert.deepEqual(await drive(true, "new"), ["makeship", "told one", "make", "told two", "ship"]);
    assert.deepEqual(await drive(true, "new"), ["makeship"]);
    assert.deepEqual(await drive(false, "old"), ["makeship", "make", "ship"]);
    assert.deepEqual(await drive(true, "old"), ["makeship", "told one", "told two"]);
  });
});
