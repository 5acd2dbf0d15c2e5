/** The pipeline command in tests: in a folder of its own with a home of its own, what it says kept. */
import { join } from "node:path";
import { createActions } from "../../runner-agent/ail/actions.ts";
import { runCommandLine } from "../../runner-agent/ail/cli.ts";
import type { Host } from "../../runner-agent/ail/host.ts";
import { withTempDir } from "./temp_dir.ts";

export interface AilRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface AilFolder {
  readonly dir: string;
  readonly home: string;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** @param input Lines of standard input; it ends with them. */
  ail(
    args: readonly string[],
    input?: readonly string[] | AsyncIterable<string>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<AilRun>;
}

export async function withAilFolder(
  body: (folder: AilFolder) => Promise<void>,
  onOut: (text: string) => void = () => {},
): Promise<void> {
  await withTempDir(async (root) => {
    const dir = join(await Deno.realPath(root), "work");
    const home = join(root, "home");
    await Deno.mkdir(dir);
    await Deno.mkdir(home);
    await body({
      dir,
      home,
      write: async (path, text) => {
        await Deno.mkdir(join(dir, path, ".."), { recursive: true });
        await Deno.writeTextFile(join(dir, path), text);
      },
      read: (path) => Deno.readTextFile(join(dir, path)),
      async ail(args, input = [], environment = {}) {
        let out = "";
        let err = "";
        const lines = linesOf(input);
        const host: Host = {
          cwd: dir,
          home,
          environment: {
            PATH: Deno.env.get("PATH") ?? "",
            HOME: home,
            AIL_DEFAULT_RUNNER: "stub",
            ...environment,
          },
          isStdinTerminal: false,
          isStdoutTerminal: false,
          out: (text) => {
            out += text;
            onOut(text);
          },
          err: (text) => void (err += text),
          lines: () => lines,
          readAll: () => Promise.resolve(""),
        };
        const code = await runCommandLine(args, createActions(host));
        return { code, out, err };
      },
    });
  });
}

async function* linesOf(input: readonly string[] | AsyncIterable<string>): AsyncIterableIterator<string> {
  yield* input;
}

/** Ids, times and folders of one run as words, so that the rest can be compared byte by byte. */
export function steady(text: string, dir: string): string {
  const ids = new Map<string, string>();
  return text.replaceAll(dir, "DIR")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      if (!ids.has(id)) ids.set(id, `ID-${ids.size + 1}`);
      return ids.get(id)!;
    })
    .replace(/"duration_ms":\d+/g, '"duration_ms":MS');
}
