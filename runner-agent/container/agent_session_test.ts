/**
 * The scripts of an agent's session on this machine: a fake CLI in a real tmux under a real init, and hooks against a
 * server that counts.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { missedHooks } from "../job/missed_hooks.ts";

const INIT = fileURLToPath(new URL("init.sh", import.meta.url));
const SESSION = fileURLToPath(new URL("run_bin/agent_session", import.meta.url));
const HOOK = fileURLToPath(new URL("run_bin/agent_hook", import.meta.url));
const decoder = new TextDecoder();

interface Session {
  readonly dir: string;
  readonly out: string;
  readonly child: Deno.ChildProcess;
  readonly env: Readonly<Record<string, string>>;
  /** Waits until a file of the session's `out` holds something. */
  file(name: string): Promise<string>;
  tmux(...args: string[]): Promise<string>;
}

async function withSession(
  argv: readonly string[],
  body: (session: Session) => Promise<void>,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_session_" });
  const out = `${dir}/out`;
  await Deno.mkdir(out);
  await Deno.mkdir(`${dir}/session`);
  for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${dir}/${name}`, bytes);
  const nul = (list: readonly string[]) => list.map((one) => `${one}\0`).join("");
  await Deno.writeTextFile(`${dir}/session/argv`, nul(argv.map((one) => one.replaceAll("$DIR", dir))));
  await Deno.writeTextFile(`${dir}/session/env`, nul(['GREETING=it\'s a "day"\nor two']));
  const env = {
    SHOPFLOOR_SESSION_DIR: `${dir}/session`,
    SHOPFLOOR_OUT_DIR: out,
    SHOPFLOOR_SESSION_BIN: SESSION,
  };
  const child = new Deno.Command("sh", {
    args: [INIT, "--", SESSION],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const tmux = async (...args: string[]) =>
    decoder.decode(
      (await new Deno.Command("tmux", { args: ["-S", `${out}/tmux.sock`, ...args] }).output()).stdout,
    );
  try {
    await body({
      dir,
      out,
      child,
      env,
      tmux,
      async file(name) {
        const untilMs = performance.now() + 20_000;
        while (performance.now() < untilMs) {
          const text = await Deno.readTextFile(`${out}/${name}`).catch(() => "");
          if (text !== "") return text.trim();
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        throw new Error(`Cannot find ${name} as the session must write it`);
      },
    });
  } finally {
    await tmux("kill-server");
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("what the terminal shows is the output, byte by byte, and the harness's status is the sandbox's", async () => {
  const blob = crypto.getRandomValues(new Uint8Array(60_000));
  const script = 'stty raw -echo; cat "$0"; printf "[%s]" "$GREETING" "$@"; exit 7';
  await withSession(["sh", "-c", script, "$DIR/blob", "a\nb", 'it\'s "q" $HOME'], async ({ child, file }) => {
    const { code, stdout } = await child.output();
    assert.equal(code, 7);
    assert.deepEqual(stdout.subarray(0, blob.length), blob);
    assert.equal(
      decoder.decode(stdout.subarray(blob.length)),
      '[it\'s a "day"\nor two][a\nb][it\'s "q" $HOME]',
    );
    assert.equal(await file("exit"), "7");
  }, { blob });
});

Deno.test("TERM reaches the harness itself, and its answer is the status", async () => {
  const script = 'trap "echo farewell; exit 9" TERM; echo up >"$0/up"; while :; do sleep 0.05; done';
  await withSession(["sh", "-c", script, "$DIR/out"], async ({ child, file }) => {
    await file("up");
    child.kill("SIGTERM");
    const { code, stdout } = await child.output();
    assert.equal(code, 9);
    assert.match(decoder.decode(stdout), /farewell/);
  });
});

Deno.test("a session that sits at its prompt is finished with the status that it is given", async () => {
  for (const script of ["exec cat", 'trap "" TERM; echo up; while :; do sleep 0.05; done']) {
    await withSession(["sh", "-c", script], async ({ child, file, env }) => {
      await file("agent.pid");
      const finish = await new Deno.Command(SESSION, { args: ["--finish", "0"], env }).output();
      assert.equal(finish.code, 0);
      const { code } = await child.output();
      assert.equal(code, 0);
    });
  }
});

Deno.test("a large paste arrives whole and bracketed, and is on no command line", async () => {
  const script = 'stty raw -echo; printf "\\033[?2004h"; echo up >"$1/up"; head -c "$0" >"$1/typed"; exit 0';
  const text = `first line\n${"x".repeat(200_000)} it's $HOME !last\nsecond`;
  const typed = `\x1b[200~${text.replaceAll("\n", "\r")}\x1b[201~\r`;
  await withSession(
    ["sh", "-c", script, String(typed.length), "$DIR/out"],
    async ({ child, file, out, tmux }) => {
      await file("up");
      const load = new Deno.Command("tmux", {
        args: ["-S", `${out}/tmux.sock`, "load-buffer", "-b", "m", "-"],
        stdin: "piped",
      }).spawn();
      const writer = load.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      assert.ok((await load.status).success);
      await tmux("paste-buffer", "-p", "-d", "-b", "m", "-t", "agent:agent");
      await tmux("send-keys", "-t", "agent:agent", "Enter");
      const argvs = await Array.fromAsync(
        Deno.readDir("/proc"),
        async ({ name }) =>
          /^\d+$/.test(name) ? await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "") : "",
      );
      assert.ok(!argvs.some((argv) => argv.includes("!last")));
      assert.equal((await child.output()).code, 0);
      assert.equal(await Deno.readTextFile(`${out}/typed`), typed);
    },
  );
});

Deno.test("a terminal that is killed under the harness is a failure", async () => {
  await withSession(["sh", "-c", "sleep 60"], async ({ child, file, tmux }) => {
    await file("agent.pid");
    await tmux("kill-server");
    const { code, stderr } = await child.output();
    assert.notEqual(code, 0, decoder.decode(stderr));
  });
});

Deno.test("a hook tells its words and prints the answer; without a listener it is kept, and nobody is held up", async () => {
  const told: { readonly event: string | null; readonly body: string }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const body = await request.text();
    told.push({ event: new URL(request.url).searchParams.get("event"), body });
    return new Response(body.includes("decide") ? '{"decision":"block"}' : "");
  });
  const hook = async (event: string, words: string, port: number) => {
    const child = new Deno.Command(HOOK, {
      args: [event],
      env: { SHOPFLOOR_HUB: `127.0.0.1:${port}`, SHOPFLOOR_OUT_DIR: out },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(words));
    await writer.close();
    const { code, stdout } = await child.output();
    return { code, stdout: decoder.decode(stdout) };
  };
  const { port } = server.addr;
  const out = await Deno.makeTempDir({ prefix: "shopfloor_hook_" });
  const long = JSON.stringify({ prompt: "ü'\"\\n%s".repeat(40_000) });
  assert.deepEqual(await hook("UserPromptSubmit", long, port), { code: 0, stdout: "" });
  assert.deepEqual(await hook("Stop", '{"decide":1}', port), { code: 0, stdout: '{"decision":"block"}\n' });
  assert.deepEqual(await hook("a b\r\nx", "{}", port), { code: 0, stdout: "" });
  assert.deepEqual(told, [{ event: "UserPromptSubmit", body: long }, {
    event: "Stop",
    body: '{"decide":1}',
  }]);
  await server.shutdown();
  assert.deepEqual(await hook("Stop", '{"a":\n1}', port), { code: 0, stdout: "" });
  assert.deepEqual(await hook("SessionEnd", "{}", port), { code: 0, stdout: "" });
  assert.deepEqual(await missedHooks({ out }), [
    { name: "Stop", payload: { a: 1 } },
    { name: "SessionEnd", payload: {} },
  ]);
  assert.deepEqual(await missedHooks({ out }), [], "they are told once");
  await Deno.remove(out, { recursive: true });
});
