/** Stock git, with nobody's configuration and no questions asked. */
import { join } from "node:path";

export interface GitResult {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of its own for clones; gone when disposed. */
export class GitFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<GitFolder> {
    const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "alp_interop_git_" }));
    return new GitFolder(path);
  }

  async git(cwd: string, ...args: string[]): Promise<GitResult> {
    const done = await new Deno.Command("git", {
      args: ["-c", "user.name=Interop", "-c", "user.email=interop@example.invalid", ...args],
      cwd: join(this.path, cwd),
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: this.path,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
        GIT_ASKPASS: "true",
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return {
      isOk: done.success,
      stdout: decoder.decode(done.stdout).trim(),
      stderr: decoder.decode(done.stderr).trim(),
    };
  }

  async commit(cwd: string, file: string, content: string): Promise<void> {
    await Deno.writeTextFile(join(this.path, cwd, file), content);
    for (const args of [["add", "-A"], ["commit", "-q", "-m", `add ${file}`]]) {
      const done = await this.git(cwd, ...args);
      if (!done.isOk) throw new Error(`Cannot commit as git ${args[0]} must succeed: ${done.stderr}`);
    }
  }

  async read(cwd: string, file: string): Promise<string | null> {
    return await Deno.readTextFile(join(this.path, cwd, file)).catch(() => null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The same URL with a user name and a password in it. */
export function withUser(url: string, user: string, password: string): string {
  const at = new URL(url);
  at.username = user;
  at.password = password;
  return at.href;
}
