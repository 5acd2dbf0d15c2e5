/**
 * `runner attach` and `runner logs --follow` as a person uses them: the real program on a real terminal (a tmux of this
 * machine), an agent CLI in its sandbox at the other end.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { TMUX_SOCKET } from "../../runner-agent/job/session_plan.ts";
import { imageOf, openPodman, podmanOptions } from "./podman_world.ts";

const MAIN = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));
const KEY = "real-key-of-the-runner-4711";
const WAIT_MS = 60_000;

async function eventually(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS;
  while (!await test()) {
    assert.ok(performance.now() < deadlineMs, `still not true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A terminal of a person, of 100 columns; what ran in it leaves its exit status in `status`. */
async function openPersonsTerminal(args: readonly string[]) {
  const dir = await Deno.makeTempDir({ prefix: "sf-tty-" });
  async function tmux(...words: string[]): Promise<string> {
    const done = await new Deno.Command("tmux", {
      args: ["-S", `${dir}/s`, "-f", "/dev/null", ...words],
      env: { TERM: "xterm-256color", LANG: "C.UTF-8" },
      stdin: "null",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(done.stdout);
  }
  const words = [Deno.execPath(), "run", "-A", MAIN, ...args].map((word) => `'${word}'`).join(" ");
  await tmux(
    "new-session",
    "-d",
    "-s",
    "person",
    "-x",
    "100",
    "-y",
    "30",
    `${words}; echo $? >${dir}/status`,
  );
  return {
    screen: () => tmux("capture-pane", "-p", "-t", "person"),
    type: (...keys: string[]) => tmux("send-keys", "-t", "person", ...keys),
    resize: (cols: number, rows: number) =>
      tmux("resize-window", "-t", "person", "-x", String(cols), "-y", String(rows)),
    status: async () => (await Deno.readTextFile(`${dir}/status`).catch(() => "")).trim(),
    async [Symbol.asyncDispose]() {
      await tmux("kill-server");
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("a person attaches, types, resizes and detaches; who only looks types nothing; the log is followed to its end", async () => {
  await using model = startScriptedModel({
    keys: { anthropic: KEY },
    script: (turn) =>
      turn === 0 ? { kind: "tool", command: "sleep 12; echo slept" } : { kind: "text", text: "the end" },
  });
  Deno.env.set("ANTHROPIC_API_KEY", KEY);
  Deno.env.set("ANTHROPIC_BASE_URL", model.url);
  await withRunnerRig(async (rig) => {
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: "claude" } });
    const runner = rig.startProcess(
      "--once",
      "--no-harness-probe",
      "--image",
      await imageOf("claude"),
      ...podmanOptions(),
    );
    const events = () => [...rig.plane.agentEvents.values()].flat();
    await eventually("it works", () => events().some((one) => one.payload.tool === "Bash"));
    const runId = [...rig.plane.agentEvents.keys()][0]!;
    const attach = (...more: string[]) =>
      openPersonsTerminal(["attach", runId, "--data", rig.dataDir, ...podmanOptions(), ...more]);
    const log = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "logs", runId, "--follow", "--data", rig.dataDir],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const logged = log.output();

    await using looker = await attach("--read-only");
    await using person = await attach();
    const isShown = async (terminal: typeof person) => (await terminal.screen()).includes("sleep 12");
    await eventually("the looker sees it", () => isShown(looker));
    await eventually("the person sees it", () => isShown(person));

    await looker.type("typed by nobody", "Enter");
    await person.resize(70, 20);
    await person.type("typed by a person");
    await eventually(
      "the words are in the box",
      async () => (await agentScreen()).includes("typed by a person"),
    );
    await person.type("Enter");
    assert.equal(await size(), "200x50", "the agent's own terminal stays as it is");
    await person.type("C-b", "d");
    await eventually("the person is back in the shell", async () => await person.status() === "0");
    assert.equal(rig.plane.runs.get(jobId)!.outcome, null, "the agent goes on");

    await eventually("it is reported", () => rig.plane.runs.get(jobId)!.outcome !== null);
    await eventually(
      "the looker's terminal ends with the session",
      async () => await looker.status() !== "",
    );
    assert.equal((await runner.status).code, 0);
    const { code, stdout, stderr } = await logged;
    const text = new TextDecoder().decode(stdout);
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.match(text, /tool_call tool=Bash/);
    assert.match(text, /phase=stopped/);
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.error], ["success", null]);
    assert.ok(model.requests.some(({ body }) => body.includes("typed by a person")), "the agent was told");
    assert.ok(!model.requests.some(({ body }) => body.includes("typed by nobody")));
    assert.deepEqual(rig.plane.violations, []);
    runtime.close();

    async function inSandbox(...words: string[]): Promise<string> {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", MAIN, "agents", "--json", "--data", rig.dataDir],
        stderr: "null",
      }).output();
      const containerId = JSON.parse(new TextDecoder().decode(stdout))[0].containerId;
      const done = await runtime.exec(containerId, {
        argv: ["tmux", "-S", TMUX_SOCKET, ...words],
        timeoutMs: 10_000,
        maxBytes: 100_000,
      });
      return new TextDecoder().decode(done.stdout);
    }
    async function size(): Promise<string> {
      return (await inSandbox("display-message", "-p", "-t", "agent", "#{window_width}x#{window_height}"))
        .trim();
    }
    function agentScreen(): Promise<string> {
      return inSandbox("capture-pane", "-p", "-t", "agent");
    }
  });
});
