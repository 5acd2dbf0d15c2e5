/** What a job says of its own limits (Line 4.2: `memMib`, `vcpuCount`; Line 2.7: `runtimeResources`): it makes a machine's smaller, never larger. Pure. */
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { SANDBOX_MEMORY_MIN_BYTES } from "../limits.ts";
import type { ContainerLimits } from "../ports.ts";

const MEBIBYTE = 1024 * 1024;

/** What is no number says nothing; less memory than a sandbox needs at all is that much. */
export function narrowedLimits(
  { operatorConfig, runtimeResources }: AgentDefinition,
  machine: ContainerLimits,
): ContainerLimits {
  const told = operatorConfig["limits"];
  const { memMib = runtimeResources?.memoryMB, vcpuCount } = typeof told === "object" && told !== null
    ? told as Readonly<Record<string, unknown>>
    : {};
  return {
    ...machine,
    ...(isPositive(memMib)
      ? { memoryBytes: Math.min(machine.memoryBytes, Math.max(memMib * MEBIBYTE, SANDBOX_MEMORY_MIN_BYTES)) }
      : {}),
    ...(isPositive(vcpuCount) ? { cpus: Math.min(machine.cpus, vcpuCount) } : {}),
  };
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
