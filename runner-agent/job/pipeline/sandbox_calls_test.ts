/** Programs of a station's pipeline, by a real `pipeline_station` on this machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { answer, idOf, never, shell, until, withStation, withWord } from "./call_stage.ts";

const SHELLS = [["sh"], ["bash"], ["busybox", "sh"]];

for (const words of SHELLS) {
  Deno.test(`a program has its words, variables and input, and its end comes back (${words.join(" ")})`, async () => {
    await withStation(async ({ calls, run, end }) => {
      const odd = 'it\'s "q" $HOME `x` \\ é\u0301 🏭\n\ttwo\u0081\u0088';
      const script = 'printf "%s|%s|" "$1" "$ODD"; cat; echo oops >&2; exit 7';
      const request = {
        ...shell(""),
        argv: ["sh", "-c", script, "0", odd],
        env: { ODD: odd },
        stdin: "in\nput",
      };
      assert.deepEqual(answer(await calls.run(idOf("a"), request, never)), {
        stdout: `${odd}|${odd}|in\nput`,
        stderr: "oops\n",
        exitCode: 7,
      });
      assert.equal(answer(await run("b", "exec nosuchprogram")).exitCode, 127);
      assert.equal(answer(await run("c", "cat; kill -9 $$")).exitCode, 137);
      calls.say("said");
      calls.say("and said\n");
      assert.deepEqual(await end(3), { code: 3, printed: "said\nand said\n" });
    }, words);
  });

  Deno.test(`a cancelled program is ended with all that it started, also what ignores TERM (${words.join(" ")})`, async () => {
    await withStation(async ({ run, dir, out }) => {
      const over = new AbortController();
      const word = `SHOPFLOOR_CALL=${dir}`;
      const script =
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 600' & sleep 600 & echo on; wait; wait";
      const ended = run("a", script, {}, over.signal);
      await until(async () => await Deno.readTextFile(join(out(1), "stdout")).catch(() => "") === "on\n");
      over.abort();
      assert.deepEqual(await ended, { kind: "cancelled" });
      await until(async () => (await withWord(`${word}/out/pipeline:1:`)).length === 0);
    }, words);
  });
}

Deno.test("a hundred programs run at once", async () => {
  await withStation(async ({ calls, run, end, dir }) => {
    // Each waits for the last one.
    const names = Array.from({ length: 100 }, (_, n) => `n${n}`);
    const ends = await Promise.all(names.map((name, n) => {
      const last = n === names.length - 1 ? `touch ${dir}/go;` : "";
      return run(name, `${last} until [ -e ${dir}/go ]; do sleep 0.1; done; echo ${n}`);
    }));
    assert.deepEqual(ends.map((one) => answer(one).stdout), names.map((_, n) => `${n}\n`));
    calls.say("x");
    assert.deepEqual(await end(0), { code: 0, printed: "x\n" });
  });
});

Deno.test("a program is found again by the next life of the runner, and runs once", async () => {
  await withStation(async ({ dir, reopen, run }) => {
    const script = `echo begun >>${dir}/begun; until [ -e ${dir}/go ]; do sleep 0.05; done; echo done`;
    // The life that began it never hears of its end.
    const first = run("a", script);
    await until(async () => await Deno.stat(`${dir}/begun`).then(() => true, () => false));
    const chunks: string[] = [];
    const again = reopen();
    const second = again.run(idOf("a"), {
      ...shell("echo never"),
      onStdout: (bytes) => chunks.push(new TextDecoder().decode(bytes)),
    }, never);
    const third = again.run(idOf("b"), shell("echo b"), never);
    await Deno.writeTextFile(`${dir}/go`, "");
    assert.deepEqual(answer(await second), { stdout: "", stderr: "", exitCode: 0 });
    assert.equal(chunks.join(""), "done\n");
    assert.equal(answer(await first).stdout, "done\n");
    assert.equal(answer(await third).stdout, "b\n");
    assert.equal(await Deno.readTextFile(`${dir}/begun`), "begun\n");
    // Also after its end, and what it was told is gone.
    assert.equal(answer(await reopen().run(idOf("a"), shell(""), never)).stdout, "done\n");
    assert.equal(await Deno.stat(join(dir, "hub/pipeline/calls/1/stdin")).catch(() => null), null);
  });
});

Deno.test("a life of the runner that leaves takes nothing from a program that goes on", async () => {
  await withStation(async ({ dir, hub, reopen }) => {
    const folder = join(hub, "pipeline/files", idOf("a"));
    const script = `echo on; until [ -e ${dir}/go ]; do sleep 0.05; done; cat ${folder}/deep/told`;
    const left = new AbortController();
    const request = { ...shell(script), files: { "deep/told": "told by a file" } };
    let printed = "";
    const first = reopen(left.signal).run(idOf("a"), {
      ...request,
      onStdout: (bytes) => {
        printed += new TextDecoder().decode(bytes);
      },
    }, never);
    await until(() => Promise.resolve(printed === "on\n"));
    left.abort();
    assert.equal((await first).kind, "failed");
    await Deno.writeTextFile(`${dir}/go`, "");
    assert.equal(answer(await reopen().run(idOf("a"), request, never)).stdout, "on\ntold by a file");
    assert.equal(await Deno.stat(folder).catch(() => null), null, "and its files go with its end");
  });
});

Deno.test("a program that takes too long is ended, and each life of the runner says why", async () => {
  await withStation(async ({ run, reopen }) => {
    assert.deepEqual(await run("a", "sleep 600", { timeoutMs: 200 }), { kind: "timed_out" });
    assert.deepEqual(await reopen().run(idOf("a"), shell(""), never), { kind: "timed_out" });
  });
});

Deno.test("what is over a stream's bound is cut, and a program that writes on and on is ended", async () => {
  await withStation(async ({ run }) => {
    const cut = await run("a", "head -c 3000 /dev/zero | tr '\\0' x; echo end >&2", {
      streamMaxBytes: 1_000,
    });
    assert.ok(
      cut.kind === "ended" && cut.isCut && cut.stdout === "x".repeat(1_000) && cut.stderr === "end\n",
    );
    const flood = await run("b", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", {
      streamMaxBytes: 100_000,
    });
    assert.ok(flood.kind === "failed" && /more than 400000 bytes on its standard output/.test(flood.message));
    const stderr = await run("c", "truncate -s 1T /proc/self/fd/2; sleep 600", { streamMaxBytes: 1_000 });
    assert.ok(stderr.kind === "failed" && /standard error/.test(stderr.message));
  });
});

Deno.test("what a program leaves in the background does not hold it, and ends with the station", async () => {
  await withStation(async ({ run, end, dir }) => {
    const word = `SHOPFLOOR_CALL=${dir}`;
    assert.equal(answer(await run("a", "sleep 600 & setsid sleep 600 & echo on")).stdout, "on\n");
    assert.ok((await withWord(word)).length >= 2);
    assert.equal((await end(0)).code, 0);
    assert.deepEqual(await withWord(word), []);
  });
});

Deno.test("TERM to the station is TERM to its programs, and 143", async () => {
  await withStation(async ({ run, station, dir }) => {
    const ended = run("a", `trap 'echo told; exit 4' TERM; touch ${dir}/on; while :; do sleep 0.05; done`);
    await until(async () => await Deno.stat(`${dir}/on`).then(() => true, () => false));
    station.kill("SIGTERM");
    assert.equal((await station.status).code, 143);
    const end = await ended;
    // Its keeper may have been in time to write how it ended.
    if (end.kind === "ended") assert.equal(answer(end).stdout, "told\n");
    else assert.deepEqual(end, { kind: "failed", message: "the sandbox ended before the program did" });
    assert.equal((await run("b", "true")).kind, "failed");
  });
});

Deno.test("a program whose keeper was killed ends without a status", async () => {
  await withStation(async ({ run }) => {
    const end = await run("a", 'kill -9 "$PPID"; sleep 0.2');
    assert.equal(answer(end).exitCode, -1);
  });
});

Deno.test("a call that cannot be carried out fails, and the next one is run", async () => {
  await withStation(async ({ calls, run }) => {
    const failed = await calls.run(idOf("a"), shell("true", { env: { "A B": "" } }), never);
    assert.deepEqual(failed, {
      kind: "failed",
      message:
        "this machine could not run a program: Cannot run a program as a variable's name must be one of a shell",
    });
    assert.equal(answer(await run("b", "echo b")).stdout, "b\n");
  });
});

Deno.test("a book that could not be read is read again", async () => {
  await withStation(async ({ hub, run, reopen }) => {
    assert.equal(answer(await run("a", "echo a")).stdout, "a\n");
    const odd = join(hub, "pipeline/calls/7");
    await Deno.mkdir(odd);
    const next = reopen();
    assert.equal((await next.run(idOf("a"), shell(""), never)).kind, "failed");
    await Deno.remove(odd);
    assert.equal(answer(await next.run(idOf("a"), shell(""), never)).stdout, "a\n");
  });
});

Deno.test("the word for the end is repeated while the disk refuses it", async () => {
  await withStation(async ({ calls, run, hub, faults }) => {
    assert.equal(answer(await run("a", "true")).exitCode, 0);
    const place = join(hub, "pipeline/finish.new");
    await Deno.mkdir(place);
    const told = calls.finish(4);
    await until(() => Promise.resolve(faults.length > 0));
    await Deno.remove(place);
    await told;
    assert.equal(await Deno.readTextFile(join(hub, "pipeline/finish")), "4\n");
  });
});
