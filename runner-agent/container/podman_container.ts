/**
 * The `ContainerRuntime` over Podman's REST socket.
 *
 * - D1 What exists in Podman is the only state: the driver may be killed between any two calls and a new one goes on.
 * - D2 The command of a run starts at most once: `start` acts on a created container only (R1).
 * - D3 Output is read from the log file that conmon writes, not from Podman's stream: it is whole for a command that
 *   ended at once and for a container of a runner that was killed, and a restart of the service does not cut it.
 * - D4 TERM and KILL are sent here, not by Podman's `stop`, which holds the container's lock and counts in seconds.
 */

import { EXIT_CODE_KILLED, OUTPUT_POLL_MIN_MS, REMOVE_RETRY_MS, REMOVE_TRIES_MAX } from "../limits.ts";
import { WAIT_CALM_INTERVAL_MS, WAIT_EAGER_INTERVAL_MS, WAIT_EAGER_MS } from "../limits.ts";
import type {
  Clock,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  DoctorLine,
  OutputStream,
  SandboxUsage,
} from "../ports.ts";
import { followFile } from "./follow_file.ts";
import { endsWithMemoryNote } from "./memory_note.ts";
import { K8sLogDecoder } from "./k8s_log.ts";
import { PodmanClient, unexpectedReply } from "./podman_client.ts";
import { AGENT_ID, containerName, LABEL, podmanCreateBody, type PodmanHost } from "./podman_create_body.ts";
import { podmanDoctor } from "./podman_doctor.ts";

/** What the driver needs to know; the set-up finds it out. */
export interface PodmanContainerOptions extends PodmanHost {
  /** The socket of `podman system service`. */
  readonly socketPath: string;
  readonly clock: Clock;
}

interface Inspected {
  readonly state: ContainerRecord["state"];
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  readonly logPath: string;
}

/** Drives Podman. `close` frees the connections; containers go on. */
export class PodmanContainer implements ContainerRuntime {
  readonly name = "podman";
  readonly #podman: PodmanClient;

  constructor(private readonly options: PodmanContainerOptions) {
    this.#podman = new PodmanClient(options.socketPath);
  }

  close(): void {
    this.#podman.close();
  }

  async create(spec: ContainerSpec): Promise<{ readonly containerId: string }> {
    const reply = await this.#podman.request("POST", "/containers/create", {
      body: podmanCreateBody(spec, this.options),
    });
    if (reply.status === 201) return { containerId: reply.body.Id };
    // Podman says 500, not 409, for a name that is taken: ask for the container instead of reading its prose.
    const existing = await this.#podman.request("GET", `/containers/${containerName(spec.runId)}/json`);
    if (existing.status === 200) return { containerId: existing.body.Id };
    throw unexpectedReply("create container", reply);
  }

  async start(containerId: string): Promise<void> {
    const found = await this.#inspect(containerId);
    if (found === null) throw missing("start", containerId);
    if (found.state !== "created") return;
    const reply = await this.#podman.request("POST", `/containers/${containerId}/start`);
    if (reply.status !== 204 && reply.status !== 304) throw unexpectedReply("start container", reply);
  }

  async output(
    containerId: string,
    onBytes: (stream: OutputStream, bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#inspect(containerId);
    if (found === null) throw missing("read output", containerId);
    const decoder = new K8sLogDecoder(onBytes);
    await followFile(found.logPath, {
      onBytes: (bytes) => decoder.push(bytes),
      onReplaced: () => decoder.reset(),
      ended: this.wait(containerId, signal),
      signal,
      clock: this.options.clock,
    });
  }

  async wait(
    containerId: string,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly wasKilledForMemory: boolean }> {
    const eagerUntilMs = this.options.clock.nowMs() + WAIT_EAGER_MS;
    for (;;) {
      signal.throwIfAborted();
      const found = await this.#inspect(containerId);
      if (found === null) throw missing("wait", containerId);
      if (found.state === "exited") {
        const isKilled = found.exitCode === EXIT_CODE_KILLED;
        return {
          exitCode: found.exitCode,
          wasKilledForMemory: isKilled && (found.isOomKilled || await endsWithMemoryNote(found.logPath)),
        };
      }
      if (found.state === "created") await this.options.clock.sleep(OUTPUT_POLL_MIN_MS, signal);
      else await this.#awaitStopped(containerId, eagerUntilMs - this.options.clock.nowMs(), signal);
    }
  }

  async usage(containerId: string): Promise<SandboxUsage | null> {
    const reply = await this.#podman.request(
      "GET",
      `/containers/stats?containers=${containerId}&stream=false`,
    );
    // Podman refuses where it may not read cgroups (rootless, version 1); what does not run has no process.
    const stats = reply.status === 200 ? reply.body?.Stats?.[0] : undefined;
    if (stats === undefined || stats.PIDs === 0) return null;
    return {
      cpuMs: Math.round(stats.CPUNano / 1e6),
      memoryBytes: stats.MemUsage,
      readBytes: stats.BlockInput,
      writeBytes: stats.BlockOutput,
      pids: stats.PIDs,
    };
  }

  async stop(containerId: string, graceMs: number): Promise<void> {
    const found = await this.#inspect(containerId);
    if (found === null || found.state !== "running") return;
    await this.#kill(containerId, "TERM");
    const grace = new AbortController();
    const ended = this.wait(containerId, grace.signal).then(() => true);
    const timeout = this.options.clock.sleep(graceMs, grace.signal).then(() => false);
    const hasEnded = await Promise.race([ended, timeout]);
    grace.abort();
    await Promise.allSettled([ended, timeout]);
    if (hasEnded) return;
    await this.#kill(containerId, "KILL");
    await this.wait(containerId, new AbortController().signal);
  }

  async remove(containerId: string): Promise<void> {
    const found = await this.#inspect(containerId);
    if (found === null) return;
    // The log goes first: without its container nobody would find it again.
    await Deno.remove(found.logPath).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    for (let tries = 1;; tries++) {
      const reply = await this.#podman.request(
        "DELETE",
        `/containers/${containerId}?force=true&v=true&timeout=0`,
      );
      if (reply.status === 404 || reply.status < 300) return;
      if (reply.status !== 500 || tries >= REMOVE_TRIES_MAX) throw unexpectedReply("remove container", reply);
      await this.options.clock.sleep(REMOVE_RETRY_MS);
    }
  }

  async list(): Promise<readonly ContainerRecord[]> {
    const filters = encodeURIComponent(
      JSON.stringify({ label: [`${LABEL.instance}=${this.options.instance}`] }),
    );
    const reply = await this.#podman.request("GET", `/containers/json?all=true&filters=${filters}`);
    if (reply.status !== 200) throw unexpectedReply("list containers", reply);
    // deno-lint-ignore no-explicit-any
    return (reply.body as any[]).map((row) => {
      const state = stateOf(row.State);
      return {
        containerId: row.Id,
        runId: row.Labels[LABEL.run],
        jobId: row.Labels[LABEL.job],
        state,
        exitCode: state === "exited" ? row.ExitCode : null,
      };
    });
  }

  hostOwner(): Promise<{ readonly uid: number; readonly gid: number }> {
    const { isRootless, firstHostId } = this.options;
    if (isRootless) return Promise.resolve({ uid: Deno.uid() ?? AGENT_ID, gid: Deno.gid() ?? AGENT_ID });
    return Promise.resolve({ uid: firstHostId + AGENT_ID, gid: firstHostId + AGENT_ID });
  }

  doctor(): Promise<readonly DoctorLine[]> {
    return podmanDoctor(this.#podman, this.options);
  }

  async #inspect(containerId: string): Promise<Inspected | null> {
    const reply = await this.#podman.request("GET", `/containers/${containerId}/json`);
    if (reply.status === 404) return null;
    if (reply.status !== 200) throw unexpectedReply("inspect container", reply);
    const { State: state, HostConfig: hostConfig } = reply.body;
    return {
      state: stateOf(state.Status),
      exitCode: state.ExitCode,
      isOomKilled: state.OOMKilled === true,
      logPath: hostConfig.LogConfig.Path,
    };
  }

  /** Returns when the container has ended, or when it is time to ask Podman less often. */
  async #awaitStopped(containerId: string, eagerMs: number, signal: AbortSignal): Promise<void> {
    const isEager = eagerMs > 0;
    const phase = new AbortController();
    const timer = isEager
      ? this.options.clock.sleep(eagerMs, phase.signal).then(() => phase.abort(), () => null)
      : null;
    const intervalMs = isEager ? WAIT_EAGER_INTERVAL_MS : WAIT_CALM_INTERVAL_MS;
    try {
      const path = `/containers/${containerId}/wait?condition=stopped&interval=${intervalMs}ms`;
      const reply = await this.#podman.request("POST", path, {
        signal: AbortSignal.any([signal, phase.signal]),
      });
      if (reply.status !== 200 && reply.status !== 404) throw unexpectedReply("wait for container", reply);
    } catch (error) {
      signal.throwIfAborted();
      if (!phase.signal.aborted) throw error;
    } finally {
      phase.abort();
      await timer;
    }
  }

  async #kill(containerId: string, name: "TERM" | "KILL"): Promise<void> {
    const reply = await this.#podman.request("POST", `/containers/${containerId}/kill?signal=${name}`);
    if (reply.status === 204 || reply.status === 404 || reply.status === 409) return;
    const found = await this.#inspect(containerId);
    if (found?.state === "running") throw unexpectedReply(`send ${name} to container`, reply);
  }
}

/** Podman's nine words for our three; `stopping` still runs, `removing` does not. */
function stateOf(status: string): ContainerRecord["state"] {
  if (status === "created" || status === "configured" || status === "initialized") return "created";
  return status === "exited" || status === "stopped" || status === "removing" ? "exited" : "running";
}

function missing(action: string, containerId: string): Error {
  return new Error(`Cannot ${action} as the container must exist: current value is ${containerId}`);
}
