import assert from "node:assert/strict";
import { orientation } from "./notices.ts";

Deno.test("an agent is told where it is, on which branch, and what its sandbox reaches", () => {
  const where = {
    taskId: "t-7",
    stationName: "Write",
    branch: "task-7",
    workspace: "/workspace",
    autoGit: false,
  };
  const sealed = orientation({ ...where, networkProfile: "sealed" });
  for (const word of ["t-7", '"Write"', "`task-7`", "`/workspace`", "no network but the model"]) {
    assert.ok(sealed.includes(word), word);
  }
  assert.match(
    orientation({ ...where, networkProfile: "proxy_only" }),
    /no network but .* the proxy of `HTTPS_PROXY`/,
  );
  const open = orientation({ ...where, networkProfile: "open" });
  assert.match(open, /has a network/);
  assert.doesNotMatch(open, /no network|sealed/);
});
