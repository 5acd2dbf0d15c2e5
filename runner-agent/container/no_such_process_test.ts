import assert from "node:assert/strict";
import { isNoSuchProcess } from "./no_such_process.ts";

Deno.test("isNoSuchProcess() knows what a read says of a process that ended after the open", async () => {
  const process = new Deno.Command("sleep", { args: ["60"] }).spawn();
  const file = await Deno.open(`/proc/${process.pid}/stat`);
  process.kill("SIGKILL");
  await process.status;
  const fault = await file.read(new Uint8Array(100)).then(() => null, (error: unknown) => error);
  file.close();
  assert.ok(isNoSuchProcess(fault), String(fault));
  assert.equal(isNoSuchProcess(new Deno.errors.NotFound("No such file or directory (os error 2)")), false);
});
