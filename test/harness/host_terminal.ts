/**
 * An agent CLI in tmux on the host: a socket of its own, a home that is a temporary directory, the sandbox's paths
 * replaced by it. No isolation; for tests against the scripted model only.
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PASTE_CHARS_PER_MS } from "../../runner-agent/limits.ts";
import { type HomeFile, type ResumeWish, type SessionHarness } from "../../runner-agent/agent_ports.ts";
import { type BoxSight, judgeBox, seeBox } from "../../runner-agent/domain/agent/input_box.ts";
import { AGENT_HOME, composeHome, WORKSPACE } from "../../runner-agent/harness/mod.ts";
import type { HostSandbox } from "./host_run.ts";

const KEY_PAUSE_MS = 100;
const COLUMNS = "200";
const ROWS = "50";

export interface HostTerminal extends AsyncDisposable {
  writeHome(files: readonly HomeFile[]): Promise<void>;
  start(resume: ResumeWish | null, env: Readonly<Record<string, string>>): Promise<void>;
  /** Pastes as a bracketed paste, waits until the CLI has settled, and presses Enter. */
  say(text: string): Promise<void>;
  press(keys: readonly string[]): Promise<void>;
  screen(): Promise<string>;
  /** Until its input box takes a paste (`domain/agent/input_box.ts`); fails if it is given up. */
  ready(): Promise<void>;
  /** TERM to the CLI; its exit status. */
  quit(): Promise<number>;
}

export async function openHostTerminal(
  harness: SessionHarness,
  sandbox: HostSandbox,
  binDirs: readonly string[],
): Promise<HostTerminal> {
  // A socket's path is short by law.
  const dir = await Deno.makeTempDir({ prefix: "sf-tmux-" });
  const toHost = (text: string) =>
    text.replaceAll(AGENT_HOME, sandbox.homeDir).replaceAll(WORKSPACE, sandbox.workspaceDir);
  const path = [...binDirs, Deno.env.get("PATH") ?? ""].join(":");
  const base = { HOME: sandbox.homeDir, LANG: "C.UTF-8", PATH: path, TERM: "xterm-256color" };

  // A server of its own for each start, as one that ends refuses what comes meanwhile.
  let starts = 0;
  let isResumed = false;

  async function tmux(args: readonly string[], input: string | null = null): Promise<string> {
    const child = new Deno.Command("tmux", {
      args: ["-S", `${dir}/tmux-${starts}.sock`, "-f", "/dev/null", ...args],
      clearEnv: true,
      env: base,
      stdin: input === null ? "null" : "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    if (input !== null) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
    }
    return new TextDecoder().decode((await child.output()).stdout);
  }

  const screen = () => tmux(["capture-pane", "-p", "-t", "agent"]);

  return {
    async writeHome(files) {
      for (const { path, text, mode } of composeHome(files)) {
        const file = join(sandbox.homeDir, path);
        await Deno.mkdir(dirname(file), { recursive: true });
        await Deno.writeTextFile(file, toHost(text), { mode });
      }
    },
    async start(resume, env) {
      starts++;
      isResumed = resume !== null;
      const wish = { resume, model: null, baseArgs: [], pluginDirs: [], hasSystemPrompt: true };
      const words = [
        ...Object.entries({ ...base, ...env }).map(([name, value]) => `${name}=${toHost(value)}`),
        ...harness.getCommand(wish).map(toHost),
      ];
      const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
      // In the foreground, so that the terminal is the CLI's.
      await Deno.writeTextFile(
        `${dir}/run.sh`,
        `cd '${sandbox.workspaceDir}'\nsh -c 'echo $$ > ${dir}/pid; exec "$@"' sh env -i ${quoted}\n` +
          `echo $? > ${dir}/exit\ntmux -S ${dir}/tmux-${starts}.sock wait-for -S gone\n`,
      );
      await tmux(["new-session", "-d", "-s", "agent", "-x", COLUMNS, "-y", ROWS, `sh ${dir}/run.sh`]);
    },
    async say(text) {
      await tmux(["load-buffer", "-b", "message", "-"], text);
      await tmux(["paste-buffer", "-p", "-d", "-b", "message", "-t", "agent"]);
      await pause(harness.pasteSettleMs + Math.ceil(text.length / PASTE_CHARS_PER_MS));
      await tmux(["send-keys", "-t", "agent", "Enter"]);
    },
    async press(keys) {
      for (const key of keys) {
        await tmux(["send-keys", "-t", "agent", key]);
        await pause(KEY_PAUSE_MS);
      }
    },
    screen,
    async ready() {
      const restMs = isResumed ? harness.boxRestMs.resumed : harness.boxRestMs.fresh;
      for (let sight: BoxSight | null = null;;) {
        sight = seeBox(sight, starts, await screen(), Date.now());
        const verdict = judgeBox(sight, { inputBox: harness.inputBox, restMs }, Date.now());
        if (verdict.kind === "ready") return;
        assert(
          verdict.kind !== "given_up",
          `the box of ${harness.name} must be seen at rest: ${sight.screen}`,
        );
        await pause(verdict.atMs - Date.now());
      }
    },
    async quit() {
      const gone = tmux(["wait-for", "gone"]);
      Deno.kill(Number(await Deno.readTextFile(`${dir}/pid`)), "SIGTERM");
      await gone;
      return Number(await Deno.readTextFile(`${dir}/exit`));
    },
    async [Symbol.asyncDispose]() {
      const pids = await tmux(["list-panes", "-a", "-F", "#{pane_pid}"]);
      const session = Number(pids.trim());
      await tmux(["kill-server"]);
      // What the CLI has started is in its terminal's session.
      if (session > 0) await new Deno.Command("pkill", { args: ["-KILL", "-s", String(session)] }).output();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Real time: a CLI's own. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
