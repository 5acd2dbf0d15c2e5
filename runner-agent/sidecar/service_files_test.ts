import assert from "node:assert/strict";
import type { ServiceSpec } from "../agent_ports.ts";
import { quoted, serviceFiles } from "./service_files.ts";

Deno.test("the files of services are named in their order", () => {
  const spec: ServiceSpec = {
    name: "db",
    command: ["x", "it's"],
    restart: "always",
    env: {},
    isRequired: true,
    readyCheck: { type: "http", url: "http://localhost/a?b", timeoutMs: 1_505 },
  };
  assert.deepEqual(serviceFiles([spec]), {
    "00-db/command": "exec 'x' 'it'\\''s'\n",
    "00-db/env": "",
    "00-db/restart": "always\n",
    "00-db/ready": "151 http localhost 80 /a?b\n",
    "00-db/required": "",
  });
  assert.equal(quoted(""), "''");
});
