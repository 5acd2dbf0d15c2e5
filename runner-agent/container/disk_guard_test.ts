import assert from "node:assert/strict";
import type { LimitFault } from "../domain/agent/watchdog.ts";
import { eventually } from "./container_contract.ts";
import { DISK_BOUNDS, freeBytes, refuseForDisk, startDiskGuard, writablePaths } from "./disk_guard.ts";
import { realClock } from "./test_world.ts";

Deno.test("a disk guard tells its fault once and ends; stopped before, it tells nothing", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.writeFile(`${dir}/f`, new Uint8Array(300_000).fill(1));
  const faults: LimitFault[] = [];
  const start = (maxBytes: number) =>
    startDiskGuard({
      paths: [dir],
      clock: realClock,
      bounds: { ...DISK_BOUNDS, maxBytes },
      onFault: (fault) => faults.push(fault),
    });
  const calm = start(1_000_000);
  await calm.stop();
  const guard = start(200_000);
  await eventually("it is told", () => faults.length > 0);
  await guard.stop();
  assert.deepEqual(faults.map((fault) => fault.limit), ["disk"]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("a disk guard outlives the directory that it guards", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.remove(dir);
  const guard = startDiskGuard({ paths: [dir], clock: realClock, onFault: () => assert.fail() });
  await guard.stop();
});

Deno.test("refuseForDisk asks the disk of a path", async () => {
  assert.equal(await refuseForDisk("/", 1), null);
  assert.match((await refuseForDisk("/", Number.MAX_SAFE_INTEGER))!, /a run needs/);
  assert.ok(await freeBytes("/") > 0);
});

Deno.test("writablePaths are those that a sandbox can write to", () => {
  const mount = (source: string, isReadOnly: boolean) => ({ source, target: "/x", isReadOnly });
  assert.deepEqual(writablePaths([mount("/a", false), mount("/b", true), mount("/c", false)]), ["/a", "/c"]);
});

Deno.test("a disk that cannot be asked ends the run as one that cannot be measured, and breaks nothing", async () => {
  const faults: LimitFault[] = [];
  let asked = 0;
  const guard = startDiskGuard({
    paths: ["/"],
    clock: { ...realClock, sleep: () => Promise.resolve() },
    bounds: DISK_BOUNDS,
    readFreeBytes: () => {
      asked++;
      return Promise.reject(Object.assign(new Error("i/o error"), { code: "EIO" }));
    },
    onFault: (fault) => faults.push(fault),
  });
  await eventually("it is told", () => faults.length > 0);
  await guard.stop();
  assert.equal(asked, DISK_BOUNDS.unmeasuredMax);
  assert.deepEqual(faults, [{
    limit: "disk",
    message: `its files could not be measured ${asked} times in a row`,
  }]);
});
