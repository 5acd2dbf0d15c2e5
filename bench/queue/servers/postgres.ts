/**
 * Debian's PostgreSQL with durable commits, on a port and in a directory of its own. One server for a whole run (making
 * one takes seconds), a database for each measurement.
 */
import { freePort, type Server, untilListening } from "./server.ts";

const VERSIONS_DIR = "/usr/lib/postgresql";
const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "256MB",
  max_connections: "200",
  // No checkpoint in the middle of a measurement.
  max_wal_size: "4GB",
  checkpoint_timeout: "30min",
};

export interface Postgres {
  readonly version: string;
  /** A fresh database on the server. `stop` drops it. */
  openDatabase(name: string): Promise<Server>;
  stop(): Promise<void>;
}

/** Why PostgreSQL cannot be started, or null. */
export async function postgresMissing(): Promise<string | null> {
  if (await newestVersion() === null) {
    return `there is nothing in ${VERSIONS_DIR}: apt-get install -y postgresql`;
  }
  return null;
}

/** Makes a cluster below `parentDir` and starts it, as the user postgres where this is root. */
export async function startPostgres(parentDir: string): Promise<Postgres> {
  const version = await newestVersion();
  if (version === null) throw new Error("Cannot start PostgreSQL as it must be installed");
  const bin = `${VERSIONS_DIR}/${version}/bin`;
  const dir = await Deno.makeTempDir({ dir: parentDir, prefix: "postgres_" });
  const user = Deno.uid() === 0 ? await userNamed("postgres") : {};
  if (user.uid !== undefined) await Deno.chown(dir, user.uid, user.gid!);
  const initdb = await new Deno.Command(`${bin}/initdb`, {
    args: ["-D", dir, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"],
    cwd: dir,
    ...user,
  }).output();
  if (!initdb.success) throw new Error(`Cannot make a cluster: ${new TextDecoder().decode(initdb.stderr)}`);
  const port = freePort();
  const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const child = new Deno.Command(`${bin}/postgres`, {
    args: ["-D", dir, "-h", "127.0.0.1", "-p", String(port), "-k", "", ...settings],
    cwd: dir,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...user,
  }).spawn();
  await untilListening(port, "PostgreSQL");
  const sql = async (statement: string) => {
    const { success, stderr } = await new Deno.Command(`${bin}/psql`, {
      args: ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", "-qc", statement],
    }).output();
    if (!success) throw new Error(`Cannot run ${statement}: ${new TextDecoder().decode(stderr)}`);
  };
  return {
    version,
    openDatabase: async (name) => {
      await sql(`create database ${name}`);
      return {
        url: `postgres://postgres@127.0.0.1:${port}/${name}`,
        pid: child.pid,
        adminToken: "",
        stop: () => sql(`drop database ${name} with (force)`),
      };
    },
    stop: async () => {
      child.kill("SIGQUIT");
      await child.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function newestVersion(): Promise<string | null> {
  const versions = [];
  try {
    for await (const { name } of Deno.readDir(VERSIONS_DIR)) versions.push(name);
  } catch {
    return null;
  }
  return versions.sort((a, b) => Number(b) - Number(a))[0] ?? null;
}

async function userNamed(name: string): Promise<{ readonly uid?: number; readonly gid?: number }> {
  const line = (await Deno.readTextFile("/etc/passwd")).split("\n").find((line) =>
    line.startsWith(`${name}:`)
  );
  if (line === undefined) throw new Error(`Cannot start PostgreSQL as there must be a user ${name}`);
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}
