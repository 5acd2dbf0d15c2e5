/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { readScripts, SCRIPT_ID } from "./sandbox_scripts.ts";

const OUTPUT = [
  "1 0 100 5100 /bin/sh /run/alp/init.sh",
  "7 1 101 5100 socat TCP-LISTEN:7400,bind=127.0.0.1,fork UNIX-CONNECT:/run/alp/hub.sock",
  "9 1 110 5100 sh /run/alp/bin/run_services /run/alp/services /run/shopfloor/services",
  "12 9 120 5100 postgres -D /tmp/db",
  "20 1 130 5100 tmux -S /run/shopfloor/tmux.sock new-session",
  "21 20 140 5100 node /usr/bin/claude --dangerously-skip-permissions",
  "40 21 4100 5100 npm run dev",
  "41 40 4200 5100 node server.js --name=a b",
  "99 0 5099 5100 sh -c something that was brought in",
  "no line of ours",
  "",
].join("\n");

Deno.test("what was started beside the agent is listed, the oldest first, and nothing that the sandbox consists of", () => {
  const found = readScripts(OUTPUT, "claude");
  assert.deepEqual(found.map(({ id, command, runsForMs }) => [id, command, runsForMs]), [
    ["12-120", "postgres -D /tmp/db", 49_800],
    ["40-4100", "npm run dev", 10_000],
    ["41-4200", "node server.js --name=a b", 9_000],
  ]);
});

Deno.test("an id is a pid and a start", () => {
  for (const id of ["12-120", "1-0"]) assert.match(id, SCRIPT_ID);
  for (const id of ["12", "0-1", "-1-2", "12-120;x", "12-120 3"]) assert.doesNotMatch(id, SCRIPT_ID);
});
