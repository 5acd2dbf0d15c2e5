/** `runner harness probe NAME`: probes the version in the image, keeps the record, prints it. */
import { join } from "node:path";
import type { Actions } from "../command_line.ts";
import { type HostFacts, readRunConfig } from "../config.ts";
import { isWhole, judgeCapability } from "../domain/agent/capability.ts";
import { SESSION_HARNESS_NAMES, sessionHarnessByName } from "../harness/mod.ts";
import { systemClock } from "../job/system_clock.ts";
import { createRuntime } from "../job/wiring.ts";
import type { ContainerRuntime, DoctorLine } from "../ports.ts";
import { loadSettings } from "../settings/load_settings.ts";
import { adapterVersion } from "./adapter_version.ts";
import { probeOnce } from "./capability_desk.ts";
import { openCapabilityRecords } from "./capability_records.ts";
import { readCliVersion } from "./cli_version.ts";
import { PASSABLE, PROBE_DIR } from "./harness_probe.ts";
import { ProbeFault } from "./probe_sandbox.ts";
import { checkLine, conclusionLine } from "./probe_table.ts";

export function harnessActions(host: HostFacts): Pick<Actions, "probeHarness"> {
  return {
    /** The exit code is 0 only if everything holds that an agent in a terminal needs. */
    async probeHarness(name, options) {
      const harness = SESSION_HARNESS_NAMES.find((one) => one === name);
      if (harness === undefined) {
        throw new RangeError(
          `Cannot probe as the agent must be one of ${
            SESSION_HARNESS_NAMES.join(", ")
          }: current value is ${name}`,
        );
      }
      const config = readRunConfig(options, host, await loadSettings(options.settings, host.env));
      if (config.runtime !== "podman") {
        throw new RangeError(
          `Cannot probe as the runtime must be podman, which has terminals: current value is ${config.runtime}`,
        );
      }
      await Deno.mkdir(join(config.dataDir, PROBE_DIR), { recursive: true, mode: PASSABLE });
      const runtime = createRuntime(config, PROBE_DIR, systemClock, (line) => console.error(line));
      const say = options.json === true ? () => {} : (line: string) => console.log(line);
      try {
        const image = config.image.replaceAll("{harness}", harness);
        const session = sessionHarnessByName(harness);
        const version = await readCliVersion(runtime, image, session);
        say(`${harness} ${version.version ?? ""} in ${image} (adapter ${adapterVersion(session)})`);
        const record = await probeOnce(
          { runtime, dataDir: config.dataDir, uid: host.uid, clock: systemClock },
          session,
          image,
          version,
          {
            isForced: true,
            onAlone: () => removeFormer(runtime),
            onCheck: (check) => say(checkLine(check)),
          },
        );
        const verdict = judgeCapability(record);
        if (options.json === true) console.log(JSON.stringify({ ...record, verdict }, null, 2));
        say(conclusionLine(record));
        return isWhole(verdict) ? 0 : 1;
      } catch (error) {
        if (!(error instanceof ProbeFault)) throw error;
        throw new RangeError(`Cannot probe ${harness} as this machine must do its part: ${error.message}`);
      } finally {
        if ("close" in runtime && typeof runtime.close === "function") runtime.close();
      }
    },
  };
}

/** What the records say, one line for each that counts. */
export async function harnessDoctor(dataDir: string): Promise<readonly DoctorLine[]> {
  const records = (await openCapabilityRecords(dataDir).list()).filter((record) =>
    record.adapter === adapterVersion(sessionHarnessByName(record.harness))
  );
  return records.map((record): DoctorLine => {
    const verdict = judgeCapability(record);
    const line = { check: `agent ${record.harness} ${record.cliVersion}`, isOk: isWhole(verdict) };
    const again = `'runner harness probe ${record.harness}' says more, and tries again`;
    switch (verdict.kind) {
      case "session":
        return line.isOk
          ? { ...line, detail: "works in a terminal" }
          : { ...line, detail: `works in a terminal: ${again}`, disables: verdict.lacks.join(", ") };
      case "structured":
        return {
          ...line,
          detail: `lacks ${verdict.lacks.join(", ")}: it is run without a terminal; ${again}`,
          disables: "messages, attach, interrupt, suspend and resume of this agent",
        };
      case "unavailable":
        return { ...line, detail: `${verdict.why}; ${again}`, disables: "this agent" };
    }
  });
}

/** What a probe that was killed has left. */
async function removeFormer(runtime: ContainerRuntime): Promise<void> {
  for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
}
