/**
 * An ordinary user of this machine for the length of a test, with the ids that Podman without root needs: continuous
 * integration is root, most people are not. Root only.
 */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Far from what `adduser` gives, and from the sandboxes of root. */
const SUB_IDS = "3000000-3065535";

/** A user and how to run a program as it. */
export interface OrdinaryUser {
  readonly home: string;
  /** Deno, with what this checkout needs, where the user may read it. */
  readonly deno: string;
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Deno.CommandOutput>;
}

/** Makes the user, and takes it away with all that it has. */
export async function withOrdinaryUser(body: (user: OrdinaryUser) => Promise<void>): Promise<void> {
  const name = `shopfloor${crypto.randomUUID().slice(0, 8)}`;
  const home = `/tmp/${name}`;
  await must("useradd", ["--create-home", "--home-dir", home, "--shell", "/bin/sh", name]);
  const uid = (await must("id", ["-u", name])).trim();
  try {
    await must("usermod", ["--add-subuids", SUB_IDS, "--add-subgids", SUB_IDS, name]);
    const deno = `${home}/deno`;
    await Deno.copyFile(Deno.execPath(), deno);
    await Deno.chmod(deno, 0o755);
    await Deno.mkdir(`${home}/deno_dir`, { mode: 0o777 });
    await Deno.chmod(`${home}/deno_dir`, 0o777);
    await body({
      home,
      deno,
      run: (argv, env = {}) =>
        new Deno.Command("runuser", {
          args: ["-u", name, "--", ...argv],
          cwd: ROOT,
          clearEnv: true,
          env: {
            HOME: home,
            PATH: "/usr/sbin:/usr/bin:/bin",
            DENO_DIR: `${home}/deno_dir`,
            NO_COLOR: "1",
            ...env,
          },
          stdin: "null",
        }).output(),
    });
  } finally {
    await new Deno.Command("pkill", { args: ["-KILL", "-u", name], stderr: "null" }).output(); // this user's alone
    // userdel refuses while a process of the user is still on its way out.
    for (let tries = 0; tries < 50; tries++) {
      if ((await new Deno.Command("userdel", { args: [name], stderr: "null" }).output()).success) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await must("rm", ["-rf", "--one-file-system", home]);
    // What Podman and its service keep outside of the home; gone with the user, as its number will be somebody else's.
    await must("find", [
      "/tmp",
      "-maxdepth",
      "1",
      "-uid",
      uid,
      "-exec",
      "rm",
      "-rf",
      "--one-file-system",
      "{}",
      "+",
    ]);
  }
}

async function must(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assert.ok(success, `${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
