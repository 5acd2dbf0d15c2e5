/**
 * The `ContainerRuntime` over Podman's REST socket.
 *
 * - D1 What exists in Podman is the only state: the driver may be killed between any two calls and a new one goes on.
 * - D2 The command of a run starts at most once: `start` acts on a created container only (R1).
 * - D3 Output is read from the log file that conmon writes, not from Podman's stream: it is whole for a command that
 *   ended at once and for a container of a runner that was killed, and a restart of the service does not cut it.
 * - D5 Podman forgets why a start failed, and which life of the machine it was in: `start_record.ts` keeps both.
 * - D4 TERM and KILL are sent here, not by Podman's `stop`, which holds the container's lock and counts in seconds.
 */

import { EXIT_CODE_KILLED, OUTPUT_POLL_MIN_MS, REMOVE_RETRY_MS, REMOVE_TRIES_MAX } from "../limits.ts";
import { WAIT_CALM_INTERVAL_MS, WAIT_EAGER_INTERVAL_MS, WAIT_EAGER_MS } from "../limits.ts";
import type {
  Clock,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  DoctorLine,
  ExecRequest,
  ExecResult,
  ImageBuild,
  OutputStream,
  SandboxUsage,
  Terminal,
  TerminalSize,
} from "../ports.ts";
import { followFile } from "./follow_file.ts";
import { endsWithMemoryNote } from "./memory_note.ts";
import { K8sLogDecoder } from "./k8s_log.ts";
import { causeOf, PodmanClient, unexpectedReply } from "./podman_client.ts";
import { AGENT_ID, containerName, LABEL, podmanCreateBody, type PodmanHost } from "./podman_create_body.ts";
import { podmanDoctor } from "./podman_doctor.ts";
import { podmanExec, podmanTerminal } from "./podman_exec.ts";
import { buildImage, hasImage, imageId, pullImage } from "./podman_images.ts";
import { containerState, lifeOf, type PodmanState } from "./podman_state.ts";
import { readBootId, readStartRecord, removeStartRecord, writeStartRecord } from "./start_record.ts";
import { requireMountPoints } from "./mount_points.ts";
import { requireNetwork } from "./network_profile.ts";
import { findShadows } from "./shadows.ts";
import { readHardLimits } from "./hard_limits.ts";
import { UnsupportedByRuntimeError } from "./unsupported.ts";

/** What the driver needs to know; the set-up finds it out. */
export interface PodmanContainerOptions extends Omit<PodmanHost, "hardLimits"> {
  /** The socket of `podman system service`. */
  readonly socketPath: string;
  readonly clock: Clock;
  /** Whether this runner's configuration names the profile `open`. */
  readonly allowsOpenNetwork?: boolean;
}

interface Inspected {
  readonly state: ContainerRecord["state"];
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  readonly logPath: string;
  readonly runId: string;
  readonly raw: PodmanState;
  readonly startError: string | null;
}

/** Drives Podman. `close` frees the connections; containers go on. */
export class PodmanContainer implements ContainerRuntime {
  readonly name = "podman";
  readonly needsWatchdog: boolean;
  readonly #podman: PodmanClient;
  readonly #hardLimits = readHardLimits();

  constructor(private readonly options: PodmanContainerOptions) {
    this.#podman = new PodmanClient(options.socketPath);
    this.needsWatchdog = !options.hasResourceLimits;
  }

  close(): void {
    this.#podman.close();
  }

  async create(spec: ContainerSpec): Promise<{ readonly containerId: string }> {
    requireNetwork(spec.networkProfile, this.options);
    const host = { ...this.options, hardLimits: this.#hardLimits };
    await requireMountPoints(spec.mounts);
    const shadows = await findShadows(spec.shadows, spec.mounts);
    const reply = await this.#podman.request("POST", "/containers/create", {
      body: podmanCreateBody(spec, host, shadows),
    });
    if (reply.status === 201) return { containerId: reply.body.Id };
    // Podman says 500, not 409, for a name that is taken: ask for the container instead of reading its prose.
    const existing = await this.#podman.request("GET", `/containers/${containerName(spec.runId)}/json`);
    if (existing.status !== 200) throw unexpectedReply("create container", reply);
    const labels = existing.body.Config?.Labels ?? {};
    if (labels[LABEL.instance] === this.options.instance && labels[LABEL.run] === spec.runId) {
      return { containerId: existing.body.Id };
    }
    throw new Error(
      `Cannot create container as its name must be free: ${containerName(spec.runId)} is another runner's`,
    );
  }

  async start(containerId: string): Promise<void> {
    const found = await this.#inspect(containerId);
    if (found === null) throw missing("start", containerId);
    if (found.state !== "created") return;
    const { logDir } = this.options;
    const bootId = await readBootId();
    // Before the start, so that what runs has a record; a start that fails adds why (D5).
    await writeStartRecord(logDir, found.runId, { bootId, error: null });
    const reply = await this.#podman.request("POST", `/containers/${containerId}/start`);
    if (reply.status === 204 || reply.status === 304) return;
    await writeStartRecord(logDir, found.runId, { bootId, error: causeOf(reply) });
    throw unexpectedReply("start container", reply);
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
    if (found.raw.Status === "paused") await this.unpause(containerId); // a frozen process gets no signal
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
    await removeStartRecord(this.options.logDir, found.runId);
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
    const bootId = await readBootId();
    // deno-lint-ignore no-explicit-any
    return await Promise.all((reply.body as any[]).map(async (row) => {
      const runId = row.Labels[LABEL.run];
      const record = await readStartRecord(this.options.logDir, runId);
      const isGone = lifeOf(row.State) === "running" && record !== null && record.bootId !== bootId;
      const state = isGone ? "exited" : lifeOf(row.State);
      return {
        containerId: row.Id,
        runId,
        jobId: row.Labels[LABEL.job],
        state,
        exitCode: isGone ? EXIT_CODE_KILLED : state === "exited" ? row.ExitCode : null,
      };
    }));
  }

  async inspect(containerId: string): Promise<ContainerState | null> {
    const found = await this.#inspect(containerId);
    return found === null ? null : containerState(found.raw, found.startError);
  }

  async exec(containerId: string, request: ExecRequest): Promise<ExecResult> {
    return await podmanExec(this.#podman, this.options.clock, containerId, request);
  }

  async openTerminal(
    containerId: string,
    argv: readonly string[],
    size: TerminalSize,
  ): Promise<Terminal> {
    return await podmanTerminal(this.#podman, this.options.clock, containerId, argv, size);
  }

  pause(containerId: string): Promise<void> {
    return this.#freeze(containerId, "pause");
  }

  unpause(containerId: string): Promise<void> {
    return this.#freeze(containerId, "unpause");
  }

  imageId(name: string): Promise<string | null> {
    return imageId(this.#podman, name);
  }

  hasImage(name: string): Promise<boolean> {
    return hasImage(this.#podman, name);
  }

  pullImage(name: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    return pullImage(this.#podman, name, onProgress, signal);
  }

  buildImage(build: ImageBuild, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    return buildImage(this.#podman, build, onProgress, signal);
  }

  hostOwner(): Promise<{ readonly uid: number; readonly gid: number }> {
    const { isRootless, firstHostId } = this.options;
    if (isRootless) return Promise.resolve({ uid: Deno.uid() ?? AGENT_ID, gid: Deno.gid() ?? AGENT_ID });
    return Promise.resolve({ uid: firstHostId + AGENT_ID, gid: firstHostId + AGENT_ID });
  }

  doctor(): Promise<readonly DoctorLine[]> {
    return podmanDoctor(this.#podman, { ...this.options, hardLimits: this.#hardLimits });
  }

  async #inspect(containerId: string): Promise<Inspected | null> {
    const reply = await this.#podman.request("GET", `/containers/${containerId}/json`);
    if (reply.status === 404) return null;
    if (reply.status !== 200) throw unexpectedReply("inspect container", reply);
    const { State: state, HostConfig: hostConfig, Config: config } = reply.body;
    const runId: string = config.Labels[LABEL.run];
    const record = await readStartRecord(this.options.logDir, runId);
    const isGone = lifeOf(state.Status) === "running" && record !== null &&
      record.bootId !== await readBootId();
    const raw: PodmanState = isGone ? { ...state, Status: "exited", ExitCode: EXIT_CODE_KILLED } : state;
    return {
      state: lifeOf(raw.Status),
      exitCode: raw.ExitCode,
      isOomKilled: state.OOMKilled === true,
      logPath: hostConfig.LogConfig.Path,
      runId,
      raw,
      startError: record?.error ?? null,
    };
  }

  async #freeze(containerId: string, verb: "pause" | "unpause"): Promise<void> {
    const { isRootless, hasResourceLimits } = this.options;
    if (isRootless && !hasResourceLimits) {
      throw new UnsupportedByRuntimeError(
        `Cannot ${verb} as cgroup version 2 must be there for Podman without root: this host has version 1`,
      );
    }
    const found = await this.#inspect(containerId);
    if (found === null) throw missing(verb, containerId);
    if (found.raw.Status === (verb === "pause" ? "paused" : "running")) return;
    const reply = await this.#podman.request("POST", `/containers/${containerId}/${verb}`);
    if (reply.status !== 204 && reply.status !== 200) throw unexpectedReply(`${verb} container`, reply);
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

function missing(action: string, containerId: string): Error {
  return new Error(`Cannot ${action} as the container must exist: current value is ${containerId}`);
}
