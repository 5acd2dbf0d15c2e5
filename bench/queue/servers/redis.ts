/** Debian's Redis with an append-only file, on a port and in a directory of its own. */
import { freePort, type Server, untilListening } from "./server.ts";

const REDIS = "/usr/bin/redis-server";

/** Why Redis cannot be started, or null. */
export async function redisMissing(): Promise<string | null> {
  const isThere = await Deno.stat(REDIS).then(() => true, () => false);
  return isThere ? null : `there is no ${REDIS}: apt-get install -y redis-server`;
}

/** Starts one; `appendfsync` says when a write is on the disk: before each answer, or within a second. */
export async function startRedis(parentDir: string, appendfsync: "always" | "everysec"): Promise<Server> {
  const dir = await Deno.makeTempDir({ dir: parentDir, prefix: "redis_" });
  const port = freePort();
  const settings = {
    port,
    bind: "127.0.0.1",
    dir,
    appendonly: "yes",
    appendfsync,
    save: "",
    "maxmemory-policy": "noeviction",
    daemonize: "no",
    loglevel: "warning",
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const child = new Deno.Command(REDIS, { args, stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
  await untilListening(port, "Redis");
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    adminToken: "",
    stop: async () => {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** What `redis-server --version` says. */
export async function redisVersion(): Promise<string> {
  const { stdout } = await new Deno.Command(REDIS, { args: ["--version"] }).output();
  return /v=(\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "unknown";
}
