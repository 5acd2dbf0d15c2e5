import assert from "node:assert/strict";
import { orientation } from "./notices.ts";

Deno.test("an agent is told where it is, on which branch, and what its sandbox reaches", () => {
  const where = {
    taskId: "t-7",
    stationName: "Write",
    branch: "task-7",
    workspace: "/workspace",
    autoGit: false,
    hasTerminal: true,
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

Deno.test("an agent without a terminal is told that nobody answers, and one with a terminal that somebody may", () => {
  const where = {
    ...{ taskId: "t", stationName: "s", branch: null, workspace: "/workspace", autoGit: true },
    networkProfile: "sealed",
  } as const;
  const alone = orientation({ ...where, hasTerminal: false });
  assert.match(alone, /nobody can send you a message/);
  assert.doesNotMatch(alone, /terminal|your turns/);
  assert.match(orientation({ ...where, hasTerminal: true }), /may watch this terminal and send you messages/);
});
