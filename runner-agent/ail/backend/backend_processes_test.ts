import assert from "node:assert/strict";
import { join } from "node:path";
import { invoked, NO_PROVIDER } from "../../../test/fake/prompt_call.ts";
import { withTempDir } from "../../../test/fake/temp_dir.ts";
import { createClaudeBackend } from "./claude.ts";
import { createCodexBackend } from "./codex.ts";

const RESULT =
  `'{"type":"result","subtype":"success","result":"done","session_id":"s","total_cost_usd":0.5}'`;

/** A shell script as a program. */
async function script(dir: string, body: string): Promise<string> {
  const path = join(dir, "program");
  await Deno.writeTextFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

async function claude(
  body: string,
  ...rest: [Parameters<typeof invoked>[1]?, Parameters<typeof invoked>[2]?]
) {
  let found: Awaited<ReturnType<typeof invoked>> | undefined;
  await withTempDir(async (dir) => {
    found = await invoked(createClaudeBackend(["ail"], await script(dir, body)), ...rest);
  });
  return found!;
}

function faultOf({ result }: Awaited<ReturnType<typeof invoked>>) {
  assert.ok(!result.ok, "must be a fault");
  return result.error;
}

/** Waits until no process has the word in its arguments. */
async function gone(word: string): Promise<void> {
  const endMs = Date.now() + 10_000;
  for (;;) {
    const { code } = await new Deno.Command("pgrep", { args: ["-f", word], stdout: "null" }).output();
    if (code === 1) return;
    assert.ok(Date.now() < endMs, "the processes must be gone");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a program's lines become events, and the last is 'completed'", async () => {
  const { result, events } = await claude(
    `echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]}}'; echo ${RESULT}`,
  );
  assert.ok(result.ok && result.value.response === "done");
  assert.deepEqual(events, [{ type: "stream_delta", text: "hi" }, {
    type: "completed",
    response: "done",
    cost_usd: 0.5,
    session_id: "s",
    input_tokens: 0,
    output_tokens: 0,
    thinking: null,
    tool_events: [],
  }]);
});

Deno.test("a long prompt arrives whole on standard input", async () => {
  const { result } = await claude(
    `size=$(wc -c); printf '{"type":"result","subtype":"success","result":"%s"}\\n' $size`,
    { prompt: "x".repeat(200_000) },
  );
  assert.equal(result.ok && result.value.response, "200000");
});

Deno.test("the child has the provider's variables and not CLAUDECODE, and runs where the pipeline does", async () => {
  const { result } = await claude(
    `printf '{"type":"result","subtype":"success","result":"%s"}\\n' "$ANTHROPIC_BASE_URL $CLAUDECODE $PWD"`,
    { provider: { ...NO_PROVIDER, baseUrl: "http://b" } },
    { environment: { CLAUDECODE: "1", PATH: "/usr/bin:/bin" }, cwd: "/usr" },
  );
  assert.equal(result.ok && result.value.response, "http://b  /usr");
});

Deno.test("an exit code, its words, and a signal are told; a key in them is not", async () => {
  const failing = await claude("echo 'no credit for key-123456789' >&2; exit 3", {
    provider: { ...NO_PROVIDER, authToken: "key-123456789" },
  });
  assert.equal(faultOf(failing).detail, "Process exited with 3: no credit for [redacted]");
  assert.equal(faultOf(await claude("kill -9 $$")).detail, "Process exited with signal");
});

Deno.test("a program that is not there is a failed invocation", async () => {
  const { detail, type } = faultOf(await invoked(createClaudeBackend(["ail"], "/nowhere/claude")));
  assert.deepEqual([type, detail], [
    "ail:runner/invocation-failed",
    "cannot start '/nowhere/claude': it was not found",
  ]);
});

Deno.test("a cancelled call ends the whole group, and no event follows", async () => {
  const stop = new AbortController();
  const running = await claude(
    `echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]}}'; sleep 7311 & sleep 7311`,
    {},
    { signal: stop.signal, onEvent: () => stop.abort() },
  );
  assert.equal(faultOf(running).type, "ail:runner/cancelled");
  assert.equal(running.events.length, 1);
  await gone("sleep 7311");
});

Deno.test("what ignores SIGTERM and outlives its leader is gone too", async () => {
  const stop = new AbortController();
  const { result } = await claude(
    `(trap '' TERM; echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]}}'; exec sleep 7315) &
exec sleep 7315`,
    {},
    { signal: stop.signal, onEvent: () => stop.abort() },
  );
  assert.ok(!result.ok && result.error.type === "ail:runner/cancelled");
  await gone("sleep 7315");
});

Deno.test("a call that was cancelled before starts nothing", async () => {
  const { type } = faultOf(await claude("exit 0", {}, { signal: AbortSignal.abort() }));
  assert.equal(type, "ail:runner/cancelled");
});

Deno.test("a call over its time is a timeout, and its program is gone, also one that ignores SIGTERM", async () => {
  const late = faultOf(await claude("trap '' TERM; while :; do sleep 0.05; done # 7312", { timeoutMs: 300 }));
  assert.equal(late.type, "ail:runner/timeout");
  assert.match(late.detail, /within 0\.3 s/);
});

Deno.test("a line that is not JSON ends the program at once", async () => {
  const { detail } = faultOf(await claude("echo nonsense; sleep 7313"));
  assert.match(detail, /^Malformed line/);
  await gone("sleep 7313");
});

Deno.test("a line without an end, and an output without an end, are faults, and the program is gone", async () => {
  const line = faultOf(await claude("exec yes 7316 | tr -d '\\n'"));
  assert.deepEqual([line.type, line.detail], [
    "ail:runner/invocation-failed",
    "'claude' printed a line that is too long: expected at most 16777216 bytes",
  ]);
  await gone("yes 7316");
  const long = `{"type":"system","subtype":"7317","pad":"${"x".repeat(60_000)}"}`;
  const output = faultOf(await claude(`exec yes '${long}'`));
  assert.equal(output.detail, "'claude' printed too much: expected at most 268435456 bytes");
  await gone("subtype.*7317");
});

Deno.test("the files of a call are gone after it, whatever became of it", async () => {
  await withTempDir(async (dir) => {
    const seen = join(dir, "seen");
    const body = `while [ $# -gt 0 ]; do [ "$1" = --settings ] && dirname "$2" >> ${seen}; shift; done`;
    const asking = { askPermission: () => Promise.resolve({ isAllowed: true, reason: null }) };
    for (const end of [`echo ${RESULT}`, "exit 3"]) await claude(`${body}; ${end}`, {}, asking);
    const stop = new AbortController();
    const told = `echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]}}'`;
    await claude(`${body}; ${told}; sleep 7318`, {}, {
      ...asking,
      signal: stop.signal,
      onEvent: () => stop.abort(),
    });
    const directories = (await Deno.readTextFile(seen)).trim().split("\n");
    assert.equal(new Set(directories).size, 3);
    for (const one of directories) await assert.rejects(Deno.stat(one), Deno.errors.NotFound);
  });
});

Deno.test("codex that knows --full-auto no more is told by settings, once", async () => {
  await withTempDir(async (dir) => {
    const calls = join(dir, "calls");
    const program = await script(
      dir,
      `echo "$*" >> ${calls}
case "$*" in *--full-auto*) echo "error: unexpected argument '--full-auto' found" >&2; exit 2;; esac
echo '{"type":"item.completed","item":{"type":"agent_message","text":"done"}}'
echo '{"type":"turn.completed"}'`,
    );
    const backend = createCodexBackend();
    const world = { isHeadless: true, environment: { AIL_CODEX_BIN: program, PATH: "/usr/bin:/bin" } };
    for (const prompt of ["one", "two"]) {
      const { result } = await invoked(backend, { prompt }, world);
      assert.equal(result.ok && result.value.response, "done");
    }
    assert.deepEqual((await Deno.readTextFile(calls)).trim().split("\n"), [
      "exec --json --full-auto one",
      `exec --json -c sandbox_mode="workspace-write" -c approval_policy="never" one`,
      `exec --json -c sandbox_mode="workspace-write" -c approval_policy="never" two`,
    ]);
  });
});

Deno.test("what a program printed is read although another holds its pipe open", async () => {
  const { result, events } = await claude(
    `sleep 7314 & printf '{"type":"assistant","message":{"content":[{"type":"text","text":"%s"}]}}\\n' $!
printf '{"type":"res'; sleep 0.1; printf 'ult","result":"done"}'`,
  );
  assert.ok(result.ok && result.value.response === "done");
  assert.ok(events[0]?.type === "stream_delta");
  Deno.kill(Number(events[0].text), "SIGKILL");
});
