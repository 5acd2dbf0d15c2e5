/** Every server of the queue bench by the system that it serves, and which of them this machine cannot start. */
import type { SystemName } from "../spec.ts";
import { type Postgres, postgresMissing, startPostgres } from "./postgres.ts";
import { redisMissing, redisVersion, startRedis } from "./redis.ts";
import type { Server } from "./server.ts";
import { startCeiling, startOurs } from "./workers.ts";

export interface Servers {
  /** Why a system cannot be measured here. */
  readonly missing: Readonly<Partial<Record<SystemName, string>>>;
  /** A server, or a database on one, that nobody has used; `stop` ends it. */
  open(system: SystemName, name: string): Promise<Server>;
  versions(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** Looks for what is installed. PostgreSQL is started when it is needed first, all others for each measurement. */
export async function openServers(dataDir: string): Promise<Servers> {
  // Others than root start the cluster too, as the user that PostgreSQL wants.
  await Deno.chmod(dataDir, 0o755);
  const redis = await redisMissing();
  const postgres = await postgresMissing();
  let cluster: Postgres | undefined;
  const missing: Partial<Record<SystemName, string>> = {
    ...(redis === null ? {} : { bullmq_always: redis, bullmq_everysec: redis }),
    ...(postgres === null ? {} : { graphile: postgres, pg_boss: postgres }),
  };
  return {
    missing,
    open: async (system, name) => {
      if (system === "bullmq_always") return await startRedis(dataDir, "always");
      if (system === "bullmq_everysec") return await startRedis(dataDir, "everysec");
      if (system === "graphile" || system === "pg_boss") {
        cluster ??= await startPostgres(dataDir);
        return await cluster.openDatabase(name);
      }
      if (system === "ceiling_http" || system === "ceiling_socket") return await startCeiling(dataDir);
      return await startOurs(dataDir);
    },
    versions: async () => ({
      ...await peerVersions(),
      ...(redis === null ? { redis: await redisVersion() } : {}),
      ...(cluster === undefined ? {} : { postgresql: cluster.version }),
    }),
    stop: async () => await cluster?.stop(),
  };
}

async function peerVersions(): Promise<Readonly<Record<string, string>>> {
  const text = await Deno.readTextFile(new URL("../peers/package.json", import.meta.url));
  return JSON.parse(text).dependencies;
}
