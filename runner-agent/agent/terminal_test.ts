import assert from "node:assert/strict";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { TERMINAL_CALL_MS } from "../limits.ts";
import type { ExecRequest } from "../ports.ts";
import { createAgentTerminal, strokesOf, TerminalError } from "./terminal.ts";

/** Programs that write down how they are called, and a terminal that runs them on this machine. */
async function withRecorder(
  failing: string,
  body: (world: {
    readonly terminal: ReturnType<typeof createAgentTerminal>;
    readonly asked: readonly ExecRequest[];
    readonly calls: () => Promise<readonly string[]>;
    readonly pasted: () => Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  await withTempDir(async (dir) => {
    const note = (line: string) => `#!/bin/sh\n${line}\nprintf '%s\\n' "\${0##*/} $*" >>'${dir}/calls'\n`;
    const tmux = note(`shift 2; calls='${dir}/calls'`) +
      `case "$1" in ${failing}) exit 1 ;; load-buffer) exec cat >'${dir}/pasted' ;;\ncapture-pane) [ "$(grep -c capture "$calls")" -lt 3 ] || cat '${dir}/pasted' ;; esac\n`;
    for (const [name, text] of Object.entries({ tmux, sleep: note("") })) {
      await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o755 });
    }
    const asked: ExecRequest[] = [];
    const exec = async (_containerId: string, request: ExecRequest) => {
      asked.push(request);
      const child = new Deno.Command(request.argv[0]!, {
        args: request.argv.slice(1),
        env: { ...request.env, PATH: `${dir}:${Deno.env.get("PATH")}` },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(request.stdin ?? new Uint8Array());
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      return { exitCode: code, stdout, stderr, timedOut: false };
    };
    const place = { socket: "/run/s", sessionProgram: "/bin/agent_session" };
    const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
    await body({
      terminal: createAgentTerminal({ exec }, "c1", place, clock),
      asked,
      calls: async () => (await Deno.readTextFile(`${dir}/calls`)).trim().split("\n"),
      pasted: () => Deno.readTextFile(`${dir}/pasted`),
    });
  });
}

Deno.test("a text is pasted and entered by one program, with its bytes on no command line", async () => {
  const text = `It's "quoted" & $HOME; \\n\n\tline ${"é".repeat(10_000)}`;
  await withRecorder("none", async ({ terminal, asked, calls, pasted }) => {
    await terminal.submit(text, { maxMs: 1_250, seen: null });
    assert.equal(asked.length, 1);
    assert.ok(asked[0]!.timeoutMs >= TERMINAL_CALL_MS + 1_250, "it has its time beside the wait");
    assert.ok(!asked[0]!.argv.join(" ").includes("quoted"));
    assert.equal(await pasted(), text);
    assert.deepEqual(await calls(), [
      "tmux load-buffer -b message-1 -",
      "tmux paste-buffer -p -d -b message-1 -t agent:agent",
      "sleep 1.25",
      "tmux send-keys -t agent:agent Enter",
    ]);
  });
});

Deno.test("Enter follows one wait after the end of the text was seen, and in any case after the longest wait", async () => {
  const waits = (calls: readonly string[]) => calls.filter((call) => call.startsWith("sleep")).length;
  await withRecorder("none", async ({ terminal, calls }) => {
    const seen = { ending: "it's its end", restMs: 150 };
    await terminal.submit("a text\nand it's its end", { maxMs: 1_200, seen });
    // The screen shows it at the third look.
    assert.deepEqual([waits(await calls()), (await calls()).at(-1)], [
      4,
      "tmux send-keys -t agent:agent Enter",
    ]);
  });
  await withRecorder("none", async ({ terminal, calls }) => {
    await terminal.submit("a text", { maxMs: 1_200, seen: { ending: "never seen", restMs: 150 } });
    assert.deepEqual([waits(await calls()), (await calls()).at(-1)], [
      8,
      "tmux send-keys -t agent:agent Enter",
    ]);
  });
});

Deno.test("a text that cannot be pasted is not entered", async () => {
  await withRecorder("paste-buffer", async ({ terminal, calls }) => {
    await assert.rejects(terminal.submit("Hello.", { maxMs: 1_200, seen: null }), TerminalError);
    assert.equal((await calls()).at(-1), "tmux paste-buffer -p -d -b message-1 -t agent:agent");
  });
});

Deno.test("signs that follow each other are pressed together, keys with names by themselves", () => {
  const cases: readonly (readonly [readonly string[], readonly (readonly string[])[]])[] = [
    [["l", "s", "Space", "é", "Enter", "Enter", "x"], [["l", "s", "Space", "é"], ["Enter"], ["Enter"], [
      "x",
    ]]],
    [["Escape", "Escape"], [["Escape"], ["Escape"]]],
    [["C-u", "a"], [["C-u"], ["a"]]],
    [["a", ";", "b"], [["a", "\\;", "b"]]],
    [["C-;"], [["C-\\;"]]],
    [[], []],
  ];
  for (const [keys, strokes] of cases) assert.deepEqual(strokesOf(keys), strokes, keys.join(" "));
});
