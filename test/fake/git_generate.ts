/** Repositories of a given size, the same bytes each time: many small files, some that change, some large ones. */
import assert from "node:assert/strict";

/** What to generate. Each commit adds one folder of new small files, and changes one that is there. */
export interface GenerateOptions {
  readonly commits: number;
  readonly filesPerCommit: number;
  /** Of a small file; half of what is in it compresses. */
  readonly fileBytes: number;
  /** Spread over the commits; their bytes do not compress. */
  readonly largeFiles: number;
  readonly largeBytes: number;
}

/** About 3.4 MB in 2,400 objects: a project of some hundred files at work. */
export const SMALL_REPOSITORY: GenerateOptions = {
  commits: 200,
  filesPerCommit: 8,
  fileBytes: 3_000,
  largeFiles: 2,
  largeBytes: 500_000,
};

/** About 50 MB in 10,000 objects. */
export const LARGE_REPOSITORY: GenerateOptions = {
  commits: 100,
  filesPerCommit: 96,
  fileBytes: 1_900,
  largeFiles: 20,
  largeBytes: 1_960_000,
};

const encoder = new TextEncoder();

/** Makes a bare repository at `folder` with the branch `main`. */
export async function generateRepository(folder: string, options: GenerateOptions): Promise<void> {
  await git(["init", "-q", "--bare", "-b", "main", folder]);
  const child = new Deno.Command("git", {
    args: ["--git-dir", folder, "fast-import", "--quiet", "--depth=50"],
    stdin: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  for (const piece of commitsOf(options)) await writer.write(piece);
  await writer.close();
  assert.equal((await child.status).code, 0);
  await git(["--git-dir", folder, "repack", "-q", "-a", "-d", "-f"]);
}

function* commitsOf(options: GenerateOptions): Generator<Uint8Array> {
  const random = randomBytes(1);
  for (let n = 0; n < options.commits; n++) {
    const message = `commit ${n}`;
    const at = 1_700_000_000 + n * 3_600;
    yield encoder.encode(
      `commit refs/heads/main\ncommitter T <t@localhost> ${at} +0000\ndata ${message.length}\n${message}\n`,
    );
    for (let f = 0; f < options.filesPerCommit; f++) {
      yield* file(`d${n}/f${f}.txt`, halfNoise(random, options.fileBytes));
    }
    if (n > 0) yield* file(`d${n - 1}/f0.txt`, halfNoise(random, options.fileBytes));
    const every = Math.floor(options.commits / Math.max(options.largeFiles, 1));
    if (n % every === 0 && n / every < options.largeFiles) {
      yield* file(`large/${n}.bin`, random(options.largeBytes));
    }
  }
}

function* file(path: string, data: Uint8Array): Generator<Uint8Array> {
  yield encoder.encode(`M 100644 inline ${path}\ndata ${data.length}\n`);
  yield data;
  yield encoder.encode("\n");
}

function halfNoise(random: (count: number) => Uint8Array, count: number): Uint8Array {
  const hex = Array.from(random(Math.floor(count / 2)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  return encoder.encode(hex.replace(/.{60}/g, "$&\n"));
}

/** A xorshift generator: fast, and noise enough for zlib. */
function randomBytes(seed: number): (count: number) => Uint8Array {
  let state = seed;
  return (count) => {
    const words = new Uint32Array(Math.ceil(count / 4));
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    return new Uint8Array(words.buffer, 0, count);
  };
}

async function git(args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("git", { args, stdout: "null" }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}
