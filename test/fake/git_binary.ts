/// <reference lib="deno.ns" />
/** Bytes made by the stock git binary, as references for our codecs. Needs `git` on the PATH. */
import assert from "node:assert/strict";

/** A bare repository in a temporary folder. */
export interface GitBinary {
  /** Runs git with bytes on its standard input; gives its standard output. */
  run(args: readonly string[], input?: Uint8Array | string): Promise<Uint8Array>;
  close(): Promise<void>;
}

const ENVIRONMENT = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" };

/** Makes the repository. */
export async function openGitBinary(): Promise<GitBinary> {
  const folder = await Deno.makeTempDir({ prefix: "git_binary_" });
  const git: GitBinary = {
    async run(args, input = "") {
      const command = new Deno.Command("git", {
        args: [...args],
        cwd: folder,
        env: ENVIRONMENT,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      });
      const child = command.spawn();
      const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
      const output = child.output();
      const stdin = child.stdin.getWriter();
      await stdin.write(bytes);
      await stdin.close();
      const { code, stdout, stderr } = await output;
      assert.equal(code, 0, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
      return stdout;
    },
    close: () => Deno.remove(folder, { recursive: true }),
  };
  await git.run(["init", "-q", "--bare", "-b", "main"]);
  return git;
}

/** Runs `test` with a repository that is removed afterwards. */
export async function withGitBinary(test: (git: GitBinary) => Promise<void>): Promise<void> {
  const git = await openGitBinary();
  try {
    await test(git);
  } finally {
    await git.close();
  }
}
