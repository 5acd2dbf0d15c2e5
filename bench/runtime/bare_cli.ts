/**
 * The other side of the comparison: the same image and CLI by a bare `podman run`, in a terminal or in its print mode, with its
 * first-run gates answered and its prompt on its command line; nothing of a runner's.
 */
import { join } from "node:path";
import type { PodmanSettings } from "../../tools/setup/mod.ts";
import { claudeSession } from "../../runner-agent/harness/claude_session.ts";
import { homeTexts } from "../../runner-agent/harness/home_files.ts";
import { nowMs } from "./timed_runtime.ts";

const AGENT = { uid: 1000, gid: 1000 };
const HOME = "/home/agent";
const WORKSPACE = "/workspace";
/** As `harness/claude.ts` starts it. */
const PRINT_MODE = [
  "claude",
  "-p",
  "--dangerously-skip-permissions",
  "--output-format",
  "stream-json",
  "--verbose",
];

export interface BareCli {
  readonly settings: PodmanSettings;
  readonly image: string;
  readonly modelUrl: string;
  readonly modelKey: string;
  readonly prompt: string;
  /** Else in its print mode. */
  readonly hasTerminal: boolean;
  /** Resolves when the model has got the prompt. */
  readonly prompted: Promise<unknown>;
}

/** Runs it until the model has its prompt, and takes it away. When `podman run` was called. */
export async function runBareCli(bare: BareCli): Promise<number> {
  const { settings } = bare;
  const dir = await Deno.makeTempDir({ prefix: "shopfloor-bench-" });
  const name = `shopfloor-bench-${crypto.randomUUID()}`;
  const podman = (...args: string[]) =>
    new Deno.Command(settings.podmanPath, {
      args: [...settings.globalArgs, ...args],
      env: settings.env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
  try {
    const auth = claudeSession.resolveAuth(
      { modelBaseUrl: bare.modelUrl, placeholderKey: bare.modelKey },
      null,
    );
    const home = await ownedDir(dir, "home");
    const work = await ownedDir(dir, "work");
    const files = homeTexts([...claudeSession.provision(name, WORKSPACE), ...auth.files]);
    for (const [path, text] of Object.entries(files)) {
      const parts = path.split("/");
      for (let depth = 1; depth < parts.length; depth++) {
        await ownedDir(home, parts.slice(0, depth).join("/"));
      }
      await Deno.writeTextFile(join(home, path), text);
      await give(join(home, path));
    }
    const env = { ...claudeSession.getEnv(name, HOME), ...auth.env, TERM: "xterm-256color" };
    const argv = bare.hasTerminal
      ? claudeSession.getCommand({
        resume: null,
        model: null,
        baseArgs: [],
        pluginDirs: [],
        hasSystemPrompt: false,
      })
      : PRINT_MODE;
    const beganMs = nowMs();
    const child = podman(
      ...[
        "run",
        "--rm",
        ...(bare.hasTerminal ? ["--tty"] : []),
        "--network",
        "host",
        "--name",
        name,
        "--workdir",
        WORKSPACE,
      ],
      ...["--volume", `${home}:${HOME}`, "--volume", `${work}:${WORKSPACE}`],
      ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...[bare.image, ...argv, bare.prompt],
    ).spawn();
    const ended = child.output();
    const early = ended.then(({ code, stderr }) => {
      const said = new TextDecoder().decode(stderr).slice(-500);
      throw new Error(`Cannot measure as the bare agent must run: it ended with ${code}: ${said}`);
    });
    early.catch(() => undefined);
    try {
      await Promise.race([bare.prompted, early]);
      return beganMs;
    } finally {
      await podman("rm", "--force", "--time", "0", name).output();
      await ended;
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function ownedDir(base: string, name: string): Promise<string> {
  const path = join(base, name);
  await Deno.mkdir(path, { recursive: true });
  await give(path);
  return path;
}

/** Without root the container's user is somebody whom only its namespace knows: then everybody may write. */
async function give(path: string): Promise<void> {
  if (Deno.uid() === 0) await Deno.chown(path, AGENT.uid, AGENT.gid);
  else await Deno.chmod(path, (await Deno.stat(path)).isDirectory ? 0o777 : 0o666);
}
