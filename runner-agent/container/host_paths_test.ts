import assert from "node:assert/strict";
import { toHostPath, toHostPorts } from "./host_paths.ts";

Deno.test("toHostPath takes the longest mount that covers the path and leaves others alone", () => {
  const map = { "/workspace": "/h/work", "/workspace/.git": "/h/git", "/tmp": "/h/tmp" };
  const table: [string, string][] = [
    ["/workspace", "/h/work"],
    ["/workspace/src/a.ts", "/h/work/src/a.ts"],
    ["/workspace/.git/HEAD", "/h/git/HEAD"],
    ["/workspaces", "/workspaces"],
    ["cd /workspace", "cd /workspace"],
    ["/usr/bin/env", "/usr/bin/env"],
  ];
  for (const [path, expected] of table) assert.equal(toHostPath(map, path), expected);
});

Deno.test("toHostPorts rewrites the forwarded port on loopback and nothing else", () => {
  const ports = { 7400: 40001 };
  assert.equal(toHostPorts(ports, "http://127.0.0.1:7400/mcp"), "http://127.0.0.1:40001/mcp");
  assert.equal(toHostPorts(ports, "http://localhost:7400"), "http://localhost:40001");
  assert.equal(toHostPorts(ports, "http://127.0.0.1:74001"), "http://127.0.0.1:74001");
  assert.equal(toHostPorts(ports, "http://10.0.0.1:7400"), "http://10.0.0.1:7400");
});
