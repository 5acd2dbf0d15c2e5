/** Prompts of a station by made-up CLIs, in a real `pipeline_station` of this machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { promptCall } from "../../../test/fake/prompt_call.ts";
import { realClock } from "../../container/test_world.ts";
import type { CliName } from "../../pipeline/cli_backend.ts";
import type { PromptCall } from "../../pipeline/effect.ts";
import type { BackendEvent } from "../../pipeline/event.ts";
import { err, ok } from "../../../protocol/result.ts";
import { type CallStage, never, until, withStation } from "./call_stage.ts";
import { type CliPromptsDeps, createCliPrompts } from "./station_backends.ts";
import type { AgentPlan } from "./station_cli.ts";
import type { SandboxCalls } from "./station_ports.ts";

interface Stage extends CallStage {
  invoke(
    call: Partial<PromptCall>,
    more?: { readonly calls?: SandboxCalls; readonly effectId?: string; readonly signal?: AbortSignal },
  ): Promise<{
    readonly result: Awaited<ReturnType<ReturnType<typeof createCliPrompts>["invoke"]>>;
    readonly events: readonly BackendEvent[];
    readonly warnings: readonly string[];
  }>;
}

const RESULT = (text: string) =>
  `echo '{"type":"result","subtype":"success","result":"${text}","session_id":"s1","total_cost_usd":0.5}'`;

async function withClis(
  clis: Partial<Record<CliName, string>>,
  body: (stage: Stage) => Promise<void>,
  more: Partial<CliPromptsDeps> & { readonly agent?: Partial<AgentPlan> } = {},
): Promise<void> {
  await withStation(async (stage) => {
    const bin = join(stage.dir, "bin");
    const home = join(stage.dir, "home");
    await Deno.mkdir(bin);
    await Deno.mkdir(home);
    for (const [name, script] of Object.entries(clis)) {
      await Deno.writeTextFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home };
    const backends = createCliPrompts({
      runId: "run",
      clock: realClock,
      own: "claude",
      plan: (name) =>
        name in clis || name === "claude"
          ? ok({
            env,
            homeFiles: { [`.${name}/c.json`]: "{}" },
            appendSystemPrompt: "",
            model: null,
            args: [],
            ...more.agent,
          })
          : err(`'${name}' has no key here`),
      folderOf: (id) => join(stage.hub, "pipeline/files", id),
      permissions: null,
      ...more,
    });
    let count = 0;
    await body({
      ...stage,
      async invoke(call, { calls = stage.calls, effectId = `e${count++}`, signal = never } = {}) {
        const events: BackendEvent[] = [];
        const warnings: string[] = [];
        // The sandbox's own variables are the test's: what the plan has is new to it.
        const withEnv: Pick<SandboxCalls, "run"> = {
          run: (id, request, until) => calls.run(id, { ...request, env: { ...env, ...request.env } }, until),
        };
        const result = await backends.invoke(effectId, promptCall({ backend: "claude", ...call }), {
          calls: withEnv,
          signal,
          onEvent: (event) => events.push(event),
          warn: (message) => warnings.push(message),
        });
        return { result, events, warnings };
      },
    });
  });
}

function faultOf({ result }: Awaited<ReturnType<Stage["invoke"]>>) {
  assert.ok(!result.ok, JSON.stringify(result));
  return result.error;
}

Deno.test("a prompt is the CLI's, with its events as they come and its session", async () => {
  const script = `echo "$@" >"$HOME/args"
echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hi"}]}}'
${RESULT("done")}`;
  await withClis({ claude: script }, async ({ invoke, dir }) => {
    const { result, events } = await invoke({ prompt: "do it", model: "m", resumeSessionId: "s0" });
    assert.ok(result.ok && result.value.response === "done" && result.value.sessionId === "s1");
    assert.deepEqual(events.map(({ type }) => type), ["stream_delta", "completed"]);
    assert.match(
      await Deno.readTextFile(join(dir, "home/args")),
      /^--output-format stream-json --verbose --dangerously-skip-permissions --resume s0 --model m -p do it\n$/,
    );
  });
});

Deno.test("what the station tells each agent is one file with what the step appends", async () => {
  const script = `while [ "$1" != --append-system-prompt-file ]; do shift; done; cat "$2" >"$HOME/told"; ${
    RESULT("x")
  }`;
  await withClis({ claude: script }, async ({ invoke, dir }) => {
    assert.ok((await invoke({ appendSystemPrompt: ["be", "brief"] })).result.ok);
    assert.equal(await Deno.readTextFile(join(dir, "home/told")), "You are here.\n\nbe\n\nbrief");
  }, { agent: { appendSystemPrompt: "You are here.", args: ["--plugin-dir=/p"] } });
});

Deno.test("a long prompt and an odd one go by standard input", async () => {
  await withClis({ claude: `cat >"$HOME/in"; ${RESULT("x")}` }, async ({ invoke, dir }) => {
    const prompt = `-${"é'".repeat(200_000)}`;
    assert.ok((await invoke({ prompt })).result.ok);
    assert.equal(await Deno.readTextFile(join(dir, "home/in")), prompt);
  });
});

Deno.test("a CLI that answers and does not leave is no fault, nor is what it leaves behind", async () => {
  await withClis({ claude: `${RESULT("x")}; trap '' TERM; sleep 600` }, async ({ invoke }) => {
    const { result } = await invoke({});
    assert.ok(result.ok && result.value.response === "x");
  }, { clock: { ...realClock, sleep: (ms, signal) => realClock.sleep(Math.min(ms, 50), signal) } });
});

Deno.test("ends of a CLI are faults that say why, and hold no key", async () => {
  const clis = {
    claude: 'case "$*" in *fail*) echo "bad key sk-12345678" >&2; exit 3;; *) sleep 600;; esac',
  };
  await withClis(clis, async ({ invoke }) => {
    const provider = {
      baseUrl: null,
      authToken: "sk-12345678",
      connectTimeoutMs: null,
      readTimeoutMs: null,
      maxHistoryMessages: null,
    };
    const failed = faultOf(await invoke({ prompt: "fail", provider }));
    assert.equal(failed.type, "ail:runner/invocation-failed");
    assert.equal(failed.detail, "Process exited with 3: bad key [redacted]");
    assert.equal(faultOf(await invoke({ timeoutMs: 200 })).type, "ail:runner/timeout");
    const over = new AbortController();
    const cancelled = invoke({}, { signal: over.signal });
    over.abort();
    assert.equal(faultOf(await cancelled).type, "ail:runner/cancelled");
  });
});

Deno.test("another CLI has its files in the home before it is asked, and one that is not there is named", async () => {
  const script = `[ -f "$HOME/.codex/c.json" ] || exit 9
echo '{"type":"item.completed","item":{"type":"agent_message","text":"hi"}}'; echo '{"type":"turn.completed"}'`;
  await withClis({ codex: script }, async ({ invoke }) => {
    const { result } = await invoke({ backend: "codex" });
    assert.ok(result.ok && result.value.response === "hi", JSON.stringify(result));
    const { type, detail } = faultOf(await invoke({ backend: "gemini" }));
    assert.deepEqual([type, detail], ["ail:runner/not-found", "'gemini' has no key here"]);
    assert.match(
      faultOf(await invoke({ backend: "http" })).detail,
      /'http' is no agent of a station.*'claude', 'codex'/,
    );
    assert.equal(
      faultOf(await invoke({})).detail,
      "'claude' is not in the image of this station's sandbox",
    );
  });
});

Deno.test("a prompt is found again by the next life of the runner, and asked once", async () => {
  const script = `echo begun >>"$HOME/begun"; until [ -e "$HOME/go" ]; do sleep 0.05; done; ${RESULT("x")}`;
  await withClis({ claude: script }, async ({ invoke, reopen, dir }) => {
    const first = invoke({}, { effectId: "main#1" });
    await until(async () => await Deno.stat(join(dir, "home/begun")).then(() => true, () => false));
    const second = invoke({}, { effectId: "main#1", calls: reopen() });
    await Deno.writeTextFile(join(dir, "home/go"), "");
    for (const { result } of await Promise.all([first, second])) {
      assert.ok(result.ok && result.value.response === "x");
    }
    assert.equal(await Deno.readTextFile(join(dir, "home/begun")), "begun\n");
  });
});

Deno.test("forged lines of a CLI are faults or bounded, never an exception", async () => {
  const line =
    '{"type":"assistant","message":{"usage":{"input_tokens":1e308,"output_tokens":-1},"content":[{"type":"text","text":null}]}}';
  await withClis({ claude: `echo '${line}'; ${RESULT("x")}` }, async ({ invoke }) => {
    const { result } = await invoke({});
    assert.ok(result.ok && Number.isSafeInteger(result.value.inputTokens) && result.value.outputTokens === 0);
  });
  await withClis({ claude: "head -c 1000000 /dev/urandom" }, async ({ invoke }) => {
    assert.equal(faultOf(await invoke({})).type, "ail:runner/invocation-failed");
  });
});

Deno.test("a session of Gemini CLI is mended in the sandbox before it is resumed", async () => {
  const repeated = '{"type":"user","content":[{"functionResponse":{"id":"c1"}}]}';
  const chat = ['{"type":"gemini","toolCalls":[{"id":"c1","result":[1]}]}', repeated, '{"type":"x"}', ""]
    .join("\n");
  const script =
    `cat >/dev/null; cat "$HOME"/.gemini/tmp/p/chats/*.jsonl >"$HOME/seen"; echo '{"type":"nothing"}'; exit 4`;
  await withClis({ gemini: script }, async ({ invoke, dir }) => {
    const chats = join(dir, "home/.gemini/tmp/p/chats");
    await Deno.mkdir(chats, { recursive: true });
    await Deno.writeTextFile(join(chats, "session-2026-abcdef12.jsonl"), chat);
    const ended = await invoke({ backend: "gemini", resumeSessionId: "abcdef12-3456-7890" });
    assert.match(faultOf(ended).detail, /exited with 4/);
    assert.deepEqual(ended.warnings, []);
    assert.equal(await Deno.readTextFile(join(dir, "home/seen")), chat.replace(`${repeated}\n`, ""));
  });
});
