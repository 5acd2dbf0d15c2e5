/**
 * Everything that a control plane on this machine needs, in order: history, migrations, Worker. Used by `start` and by the
 * demo.
 *
 * Layout below `dataDir`: `admin_token`, `history/` (sqld), `worker/` (objects and artifacts).
 */
import { join } from "node:path";
import { ensureAdminToken } from "./admin_token.ts";
import { applyMigrations } from "./apply_migrations.ts";
import { boardAddress } from "./board.ts";
import { type ControlPlane, startControlPlane } from "./control_plane.ts";
import { historyAccess } from "./history_access.ts";
import { startSqld } from "./sqld.ts";

export interface LocalPlaneOptions {
  readonly port: number;
  readonly dataDir: string;
  /** Told what happens. */
  readonly say: (line: string) => void;
  /** Further variables of the Worker. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The history's server: ours, or one that `HISTORY_URL` names. */
export interface LocalHistory {
  readonly url: string;
  /** Undefined where `HISTORY_URL` names a server that wants none. */
  readonly authToken: string | undefined;
  /** Resolves when ours is gone, whoever ended it; never for one that `HISTORY_URL` names. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

export interface LocalPlane {
  readonly url: string;
  readonly adminToken: string;
  readonly logPath: string;
  readonly history: LocalHistory;
  /** Resolves when the Worker is down without having been asked to. */
  readonly crashed: Promise<void>;
  /** A fresh address of the board, signed in where that is possible. */
  boardAddress(): Promise<string>;
  /** SIGKILL to the Worker; the history stays. */
  kill9(): Promise<void>;
  /** Starts the Worker again on the same data, at the same address. */
  restart(): Promise<void>;
  /** Starts the history again on the same data, at the same address. */
  restartHistory(): Promise<LocalHistory>;
  /** Stops the Worker, then the history. */
  stop(): Promise<void>;
}

/** Starts history and Worker, and resolves when both answer. */
export async function startLocalPlane(options: LocalPlaneOptions): Promise<LocalPlane> {
  const { dataDir, port, say } = options;
  const adminToken = await ensureAdminToken(dataDir);
  let history = await startHistory(dataDir, adminToken, say);
  let worker: ControlPlane;
  let isWanted = true;
  let crash: () => void = () => {};
  const crashed = new Promise<void>((resolve) => crash = resolve);

  async function startWorker(): Promise<ControlPlane> {
    const started = await startControlPlane({
      port,
      dataDir: join(dataDir, "worker"),
      historyUrl: history.url,
      adminToken,
      ...(history.authToken === undefined ? {} : { historyAuthToken: history.authToken }),
      ...(options.variables === undefined ? {} : { variables: options.variables }),
    });
    started.ended.then(() => isWanted ? crash() : undefined);
    return started;
  }

  try {
    const applied = await applyMigrations({ url: history.url, authToken: history.authToken });
    if (applied.length > 0) say(`history: applied ${applied.join(", ")}`);
    worker = await startWorker();
  } catch (error) {
    await history.stop();
    throw error;
  }
  return {
    url: worker.url,
    adminToken,
    logPath: worker.logPath,
    get history() {
      return history;
    },
    crashed,
    boardAddress: () => boardAddress(worker.url, adminToken),
    async kill9() {
      isWanted = false;
      await worker.kill9();
    },
    async restart() {
      worker = await startWorker();
      isWanted = true;
    },
    async restartHistory() {
      return history = await startHistory(dataDir, adminToken, say);
    },
    async stop() {
      isWanted = false;
      await worker.stop();
      await history.stop();
    },
  };
}

async function startHistory(
  dataDir: string,
  adminToken: string,
  say: (line: string) => void,
): Promise<LocalHistory> {
  const given = Deno.env.get("HISTORY_URL") ?? "";
  if (given === "") {
    const { publicKey, authToken } = await historyAccess(adminToken);
    return { ...await startSqld({ dataDir: join(dataDir, "history"), publicKey }), authToken };
  }
  say("history: the database that HISTORY_URL names");
  const nothing = () => Promise.resolve();
  return {
    url: given,
    authToken: Deno.env.get("HISTORY_AUTH_TOKEN") || undefined,
    ended: new Promise(() => {}),
    stop: nothing,
    kill9: nothing,
  };
}
