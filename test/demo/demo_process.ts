/** The demo in a process of its own, as a user starts it; and what it may not leave behind. */
import { join } from "node:path";
import { freePort } from "../../tools/local/ports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DEMO_MS = 180_000;

/** A demo in a process of its own, its output as it comes. */
export class Demo {
  #text = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(readonly dataDir: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        join(ROOT, "tools/demo.ts"),
        "--data",
        dataDir,
        "--port",
        String(freePort()),
        ...args,
      ],
      cwd: ROOT,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([this.#take(this.#child.stdout), this.#take(this.#child.stderr)]).then(() => {});
  }

  async #take(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#text += text;
  }

  get text(): string {
    return this.#text;
  }

  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const deadlineMs = Date.now() + DEMO_MS;
    while (Date.now() < deadlineMs) {
      const match = pattern.exec(this.#text);
      if (match !== null) return match;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Cannot go on as the demo must say ${pattern}: it said\n${this.#text}`);
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  async exitCode(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }
}

/** Podman's own, of programs that were run beside an agent, stay some seconds (`tools/setup/podman_choice.ts`). */
const LEFT_BEHIND_MAX_MS = 10_000;

/** Processes whose command line names the data directory: what a demo may not leave behind. */
export async function leftovers(dataDir: string): Promise<string[]> {
  const deadlineMs = performance.now() + LEFT_BEHIND_MAX_MS;
  for (;;) {
    const found = await processesOf(dataDir);
    if (found.length === 0 || performance.now() > deadlineMs) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function processesOf(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name) || Number(entry.name) === Deno.pid) continue;
    const command = await Deno.readTextFile(`/proc/${entry.name}/cmdline`).catch(() => "");
    if (command.includes(dataDir)) found.push(command.replaceAll("\0", " "));
  }
  return found;
}
