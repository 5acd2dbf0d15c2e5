/**
 * What this machine knows of the agent CLIs in its images: records of before, and a probe of a version that has none.
 *
 * 1. A record counts with the adapter that it was made with only; another one is as none.
 * 2. One probe at a time, over all processes of a data directory: who waited looks for the record again.
 * 3. A fault of this machine is no record: what is not known is asked again.
 * 4. What does not hold is tried twice, and again when its record is {@link PROBE_LACK_MAX_AGE_MS} old: a machine that has
 *    too much to do makes everybody look slow.
 */
import { join } from "node:path";
import type { SessionHarness, SessionHarnessName } from "../agent_ports.ts";
import {
  type CapabilityCheck,
  type CapabilityRecord,
  type CapabilityVerdict,
  isWhole,
  judgeCapability,
} from "../domain/agent/capability.ts";
import { sessionHarnessByName } from "../harness/mod.ts";
import { pause } from "../control/retry.ts";
import { lockRunner } from "../job/runner_lock.ts";
import { PROBE_LACK_MAX_AGE_MS, PROBE_LEAVE_MS, PROBE_LOCK_LOOK_MS, PROBE_LOCK_MAX_MS } from "../limits.ts";
import type { EventLog } from "../log/event_log.ts";
import type { Clock, ContainerRuntime } from "../ports.ts";
import { adapterVersion } from "./adapter_version.ts";
import { type CapabilityRecords, openCapabilityRecords } from "./capability_records.ts";
import { type CliVersion, readCliVersion } from "./cli_version.ts";
import { probeHarness } from "./harness_probe.ts";
import { ProbeFault } from "./probe_sandbox.ts";

/** What a runner asks before it offers an agent. */
export interface CapabilityDesk {
  /**
   * What the version in an image can do, by a probe of half a minute where nobody knows. Null: this machine could not find
   * out now, or the image has none. Never rejects.
   */
  judge(name: SessionHarnessName, image: string): Promise<CapabilityVerdict | null>;
  /** What was last judged; null: nothing in this process's life. */
  known(name: SessionHarnessName): CapabilityVerdict | null;
  /** The runner ends: a probe that goes on is broken off, and takes its sandbox away. */
  close(): Promise<void>;
}

export interface CapabilityDeskDeps {
  readonly runtime: ContainerRuntime;
  readonly dataDir: string;
  readonly uid: number;
  readonly clock: Clock;
  readonly log: EventLog;
  /** The probe itself; absent: the real one. */
  readonly probe?: typeof probeHarness;
}

export function createCapabilityDesk(deps: CapabilityDeskDeps): CapabilityDesk {
  const known = new Map<SessionHarnessName, CapabilityVerdict>();
  /** By the ids of their images. */
  const versions = new Map<string, CliVersion>();
  const lastSaid = new Map<SessionHarnessName, string>();
  const records = openCapabilityRecords(deps.dataDir);
  const ended = new AbortController();
  let probing: Promise<unknown> = Promise.resolve();

  async function versionOf(harness: SessionHarness, image: string): Promise<CliVersion> {
    const id = await deps.runtime.imageId(image);
    const before = id === null ? undefined : versions.get(`${harness.name} ${id}`);
    if (before !== undefined) return before;
    const version = await readCliVersion(deps.runtime, image, harness);
    if (id !== null) versions.set(`${harness.name} ${id}`, version);
    return version;
  }

  async function recordOf(name: SessionHarnessName, image: string): Promise<CapabilityRecord> {
    const harness = sessionHarnessByName(name);
    const version = await versionOf(harness, image);
    const found = await currentRecord(records, harness, version, deps.clock.nowMs());
    if (found !== null) return found;
    deps.log("harness_probing", { harness: name, version: version.version });
    const probe = probeOnce(deps, harness, image, version, { signal: ended.signal });
    probing = probe.catch(() => undefined);
    return await probe;
  }

  /** What is the same at each look is said once. */
  function say({ harness, cliVersion }: CapabilityRecord, verdict: CapabilityVerdict): void {
    const fields = {
      harness,
      version: cliVersion,
      verdict: verdict.kind,
      ...(verdict.kind === "unavailable" ? { why: verdict.why } : { lacks: verdict.lacks.join(", ") }),
    };
    const text = JSON.stringify(fields);
    if (lastSaid.get(harness) !== text) deps.log("harness_judged", fields);
    lastSaid.set(harness, text);
  }

  return {
    known: (name) => known.get(name) ?? null,
    async close() {
      ended.abort();
      const left = new AbortController();
      await Promise.race([probing, pause(deps.clock, PROBE_LEAVE_MS, left.signal)]);
      left.abort();
    },
    async judge(name, image) {
      if (ended.signal.aborted) return null;
      try {
        const record = await recordOf(name, image);
        const verdict = judgeCapability(record);
        known.set(name, verdict);
        say(record, verdict);
        return verdict;
      } catch (error) {
        // Invariant 3.
        const fault = error instanceof ProbeFault
          ? error.message
          : error instanceof Error
          ? error.name
          : "unknown";
        deps.log("harness_probe_failed", { harness: name, fault });
        return null;
      }
    },
  };
}

/** The record that counts (invariants 1 and 4). */
async function currentRecord(
  records: CapabilityRecords,
  harness: SessionHarness,
  { version }: CliVersion,
  nowMs: number,
): Promise<CapabilityRecord | null> {
  const found = version === null ? null : await records.find(harness.name, version);
  if (found?.adapter !== adapterVersion(harness)) return null;
  const isOld = nowMs - found.probedAtMs >= PROBE_LACK_MAX_AGE_MS;
  return isOld && !isWhole(judgeCapability(found)) ? null : found;
}

export interface ProbeWish {
  /** Also where there is a record, and once. */
  readonly isForced?: boolean;
  readonly onCheck?: (check: CapabilityCheck) => void;
  /** Breaks it off: a fault. */
  readonly signal?: AbortSignal;
  /** Called once nobody else probes, before it begins. */
  readonly onAlone?: () => Promise<void>;
}

/**
 * Probes and keeps the record (invariant 2).
 *
 * @throws {ProbeFault} this machine could not do its part.
 */
export async function probeOnce(
  deps: Omit<CapabilityDeskDeps, "log">,
  harness: SessionHarness,
  image: string,
  version: CliVersion,
  wish: ProbeWish,
): Promise<CapabilityRecord> {
  const records = openCapabilityRecords(deps.dataDir);
  using _lock = await waitForLock(deps, wish.signal);
  const { runtime, dataDir, uid, clock } = deps;
  const isForced = wish.isForced === true;
  const found = isForced ? null : await currentRecord(records, harness, version, clock.nowMs());
  if (found !== null) return found;
  await wish.onAlone?.();
  const wishes = {
    ...(wish.onCheck === undefined ? {} : { onCheck: wish.onCheck }),
    ...(wish.signal === undefined ? {} : { signal: wish.signal }),
  };
  const probe = deps.probe ?? probeHarness;
  const act = () => probe({ runtime, dataDir, uid, clock, ...wishes }, harness, image, version);
  const first = await act();
  // Invariant 4; a person who asks for a probe sees what it finds, and may ask again.
  const record = isForced || version.version === null || isWhole(judgeCapability(first))
    ? first
    : await act();
  // A CLI that says no version is asked again: there is nothing to know it by.
  if (version.version !== null) await records.save(record);
  return record;
}

async function waitForLock(
  { dataDir, clock }: Pick<CapabilityDeskDeps, "dataDir" | "clock">,
  signal?: AbortSignal,
): Promise<Disposable> {
  const dir = join(dataDir, "harness");
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const untilMs = clock.nowMs() + PROBE_LOCK_MAX_MS;
  for (;;) {
    const lock = await lockRunner(join(dir, "lock"));
    if (lock !== null) return lock;
    if (clock.nowMs() >= untilMs) {
      throw new ProbeFault("another process probes, and does not come to its end");
    }
    if (signal?.aborted === true) throw new ProbeFault("the runner ends");
    await clock.sleep(PROBE_LOCK_LOOK_MS);
  }
}
