/** A repository of many small files, as `git fast-import` makes one in a second or two. */

const PER_FOLDER = 25;
const FOLDERS_PER_FOLDER = 40;

/** Makes `path` with one commit on `main`; files are 300 bytes of text, 25 to a folder. */
export async function makeRepository(path: string, fileCount: number): Promise<void> {
  await git(["init", "--quiet", "--initial-branch=main", path]);
  const child = new Deno.Command("git", { args: ["fast-import", "--quiet"], cwd: path, stdin: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  await write(
    "commit refs/heads/main\ncommitter Person <person@example.invalid> 1700000000 +0000\ndata 5\nfirst\n",
  );
  for (let i = 0; i < fileCount; i++) {
    const folder = Math.floor(i / PER_FOLDER);
    const text = `file ${i}\n`.repeat(30);
    const name = `d${Math.floor(folder / FOLDERS_PER_FOLDER)}/e${folder % FOLDERS_PER_FOLDER}/f${i}.txt`;
    await write(`M 100644 inline ${name}\ndata ${text.length}\n${text}\n`);
  }
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new Error("Cannot make a repository as git fast-import must succeed: it did not");
}

/** git as it comes, without anybody's configuration. Throws if it fails. */
export async function git(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: [...args],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH")!, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" },
  }).output();
  if (!success) {
    throw new Error(
      `Cannot measure as git ${args.join(" ")} must succeed: ${
        new TextDecoder().decode(stderr).slice(0, 500)
      }`,
    );
  }
}
