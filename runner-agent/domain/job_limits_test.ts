import assert from "node:assert/strict";
import { agentDefinition } from "../../test/fake/polled_job.ts";
import { narrowedLimits } from "./job_limits.ts";

const MIB = 1024 * 1024;
const machine = { memoryBytes: 1024 * MIB, pids: 100, cpus: 2 };
const of = (limits: unknown) => narrowedLimits(agentDefinition({ operatorConfig: { limits } }), machine);

Deno.test("narrowedLimits() takes what a job asks for where it is less than the machine gives", () => {
  assert.deepEqual(of({ memMib: 512, vcpuCount: 1 }), { memoryBytes: 512 * MIB, pids: 100, cpus: 1 });
  assert.deepEqual(of({ memMib: 4_096, vcpuCount: 8 }), machine);
  assert.deepEqual(of({ memMib: 1 }), { ...machine, memoryBytes: 16 * MIB });
});

Deno.test("narrowedLimits() takes what is no number for nothing", () => {
  for (
    const limits of [undefined, null, 3, {}, { memMib: "1", vcpuCount: -1 }, { memMib: NaN, vcpuCount: 0 }]
  ) {
    assert.deepEqual(of(limits), machine);
  }
});

Deno.test("narrowedLimits() takes the reference's memory where nothing else is said", () => {
  const of = (limits: unknown) =>
    narrowedLimits(
      agentDefinition({ operatorConfig: { limits }, runtimeResources: { memoryMB: 256 } }),
      machine,
    );
  assert.deepEqual(of(undefined), { ...machine, memoryBytes: 256 * MIB });
  assert.deepEqual(of({ memMib: 512 }), { ...machine, memoryBytes: 512 * MIB });
});
