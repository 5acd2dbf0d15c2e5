/**
 * What an agent that gets out would find on this machine: listeners, files, sockets and secrets of the host. Whoever touches one
 * is found out: connections are counted, files are compared, secrets are looked for in all that an attempt says.
 *
 * 1. The names of the paths are told to the attempts: hiding them is no bound.
 * 2. `marks` is a directory that everybody may write to. A program of the agent that runs on the host leaves a file there.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { join } from "node:path";

export interface Baits extends AsyncDisposable {
  /** For the environment of the attempts. */
  readonly variables: Readonly<Record<string, string>>;
  /** None of them may ever be seen inside, or leave the runner. */
  readonly secrets: readonly string[];
  /** What has been touched since the last call, for people; empty: nothing. */
  touched(): Promise<readonly string[]>;
  /** Also compares these directories from now on. */
  watch(name: string, dir: string): Promise<void>;
}

export const secret = (name: string) => `canary-${name}-${crypto.randomUUID()}`;

export async function layBaits(): Promise<Baits> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor-bait-" });
  const [marks, file, sock] = [join(dir, "marks"), join(dir, "secret"), join(dir, "bait.sock")];
  const ofFile = secret("file");
  const ofEnvironment = secret("environment");
  Deno.env.set("SHOPFLOOR_BAIT", ofEnvironment);
  await Deno.chmod(dir, 0o755);
  await Deno.mkdir(marks);
  await Deno.chmod(marks, 0o777);
  await Deno.writeTextFile(file, `${ofFile}\n`);
  await Deno.chmod(file, 0o666);
  await Deno.writeTextFile(
    join(dir, "conclusion.json"),
    JSON.stringify({ conclusion: "success", summary: ofFile }),
  );
  const reached: string[] = [];
  const closers: (() => unknown)[] = [];
  const tcp = (name: string, hostname: string) => {
    const listener = Deno.listen({ hostname, port: 0 });
    closers.push(() => listener.close());
    accept(listener, () => reached.push(name));
    return String(listener.addr.port);
  };
  const local = (name: string, path: string) =>
    new Promise<void>((resolve, reject) => {
      const server = createServer((socket) => {
        reached.push(name);
        socket.destroy();
      });
      closers.push(() => new Promise((done) => server.close(done)));
      server.once("error", reject).listen(path, resolve);
    });
  const udp = createSocket("udp4").on("message", () => reached.push("the host's UDP port"));
  await new Promise<void>((resolve) => udp.bind(0, "0.0.0.0", resolve));
  closers.push(() => new Promise<void>((done) => udp.close(done)));
  await local("the host's socket", sock);
  await Deno.chmod(sock, 0o777);
  const abstract = `shopfloor-bait-${crypto.randomUUID()}`;
  await local("the host's abstract socket", `\0${abstract}`);
  const hostAddress = Deno.networkInterfaces()
    .find((one) => one.family === "IPv4" && !one.address.startsWith("127."))?.address;

  const trees = new Map<string, { readonly dir: string; state: string }>();
  const watch = async (name: string, of: string) => {
    trees.set(name, { dir: of, state: await treeState(of) });
  };
  await watch("the host's files", dir);
  return {
    secrets: [ofFile, ofEnvironment],
    variables: {
      BAIT_DIR: dir,
      BAIT_FILE: file,
      BAIT_SOCKET: sock,
      BAIT_ABSTRACT: abstract,
      MARKS: marks,
      PORT_LOOPBACK: tcp("the host's loopback", "127.0.0.1"),
      PORT_ANY: tcp("the host's 0.0.0.0", "0.0.0.0"),
      PORT_IPV6: tcp("the host's ::", "::"),
      PORT_UDP: String(udp.address().port),
      HOST_ADDRESS: hostAddress ?? "192.0.2.1",
    },
    watch,
    async touched() {
      const found = reached.splice(0).map((name) => `${name} was reached`);
      for (const [name, tree] of trees) {
        const now = await treeState(tree.dir);
        if (now !== tree.state) found.push(`${name} changed: ${difference(tree.state, now)}`);
        tree.state = now;
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      Deno.env.delete("SHOPFLOOR_BAIT");
      await Promise.all(closers.map((close) => close()));
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function accept(listener: Deno.Listener, onConnection: () => void): Promise<void> {
  for await (const connection of listener) {
    onConnection();
    connection.close();
  }
}

/** A line for each entry below: kind, owner, mode, size, when it was written. */
async function treeState(dir: string): Promise<string> {
  const lines: string[] = [];
  async function look(path: string): Promise<void> {
    const { isDirectory, isSymlink, mode, uid, size, mtime } = await Deno.lstat(path);
    lines.push(`${path} ${isSymlink} ${mode} ${uid} ${isDirectory ? "" : size} ${mtime?.getTime()}`);
    if (!isDirectory) return;
    for await (const entry of Deno.readDir(path)) await look(join(path, entry.name));
  }
  await look(dir);
  return lines.sort().join("\n");
}

function difference(before: string, after: string): string {
  const [was, is] = [new Set(before.split("\n")), new Set(after.split("\n"))];
  return [...[...was].filter((line) => !is.has(line)), ...[...is].filter((line) => !was.has(line))].join(
    "; ",
  );
}
