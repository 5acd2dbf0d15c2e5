import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import arrows from "./arrows_plugin.ts";
import { areaOf, AREAS } from "./arrows.ts";
import purity from "./purity_plugin.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function messages(plugin: Deno.lint.Plugin, file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, ROOT + file, source).map((d) => d.message);
}

const REFUSED: readonly (readonly [file: string, source: string, message: RegExp])[] = [
  [
    "worker/domain/queue.ts",
    'import { x } from "../store/x.ts"',
    /^worker\/domain must never import worker\/store$/,
  ],
  [
    "worker/domain/queue.ts",
    'import type { X } from "../store/x.ts"',
    /worker\/domain must never import worker\/store/,
  ],
  [
    "worker/domain/queue.ts",
    'type X = import("../store/x.ts").X',
    /worker\/domain must never import worker\/store/,
  ],
  [
    "worker/domain/queue.ts",
    'const x = import("../store/x.ts")',
    /worker\/domain must never import worker\/store/,
  ],
  ["worker/domain/queue.ts", "const x = import(name)", /literally/],
  [
    "worker/domain/queue.ts",
    'export * from "../objects/x.ts"',
    /worker\/domain must never import worker\/objects/,
  ],
  ["worker/domain/queue.ts", 'export { x } from "../../runner-agent/domain/x.ts"', /runner-agent\/domain/],
  ["worker/domain/queue.ts", 'import { Hono } from "hono"', /the package hono/],
  ["worker/domain/queue.ts", 'import { z } from "zod"', /the package zod/],
  ["worker/domain/queue.ts", 'import { x } from "./y_test.ts"', /made for tests/],
  ["worker/git/pack.ts", 'import { x } from "node:fs"', /the package node:fs/],
  ["worker/store/history/read.ts", 'import { x } from "../../domain/event.ts"', /more than types/],
  ["worker/stubs/queue.ts", 'import { x } from "../domain/queue.ts"', /more than types/],
  [
    "worker/objects/x.ts",
    'import { x } from "../routes/y.ts"',
    /worker\/objects must never import worker\/routes/,
  ],
  ["worker/routes/tasks.ts", 'import { x } from "./gates.ts"', /another file of worker\/routes/],
  [
    "worker/routes/tasks.ts",
    'import { x } from "../store/history/write.ts"',
    /worker\/routes must never import worker\/store/,
  ],
  [
    "worker/routes/tasks.ts",
    'import { sql } from "npm:drizzle-orm@1.0.0/sqlite-core"',
    /drizzle-orm\/sqlite-core/,
  ],
  ["worker/routes/tasks.ts", 'import { x } from "../app.ts"', /nobody may import worker\/app.ts/],
  [
    "runner-agent/control/x.ts",
    'import { x } from "../container/y.ts"',
    /runner-agent\/control must never import/,
  ],
  ["runner-agent/job/x.ts", 'import { x } from "../../worker/domain/y.ts"', /worker\/domain/],
  ["runner-agent/job/x.ts", 'import { x } from "../../tools/y.ts"', /tools\/y.ts/],
  [
    "protocol/line/x.ts",
    'import { x } from "../../worker/limits.ts"',
    /protocol must never import worker\/limits.ts/,
  ],
];

Deno.test("the arrows plugin refuses each import that the table does not allow, in every form", () => {
  for (const [file, source, expected] of REFUSED) {
    const found = messages(arrows, file, source);
    assert.equal(found.length, 1, `${file}: ${source}`);
    assert.match(found[0]!, expected);
  }
});

Deno.test("the arrows plugin lets through what the table allows", () => {
  const allowed: readonly (readonly [file: string, source: string])[] = [
    ["worker/domain/queue.ts", 'import { x } from "../../protocol/ids.ts"; import { y } from "./lease.ts"'],
    ["worker/domain/queue.ts", 'import type { z } from "zod"'],
    ["worker/domain/queue.ts", 'import { sha256 } from "@noble/hashes/sha2.js"'],
    [
      "worker/store/history/read.ts",
      'import type { X } from "../../domain/event.ts"; import { type Y } from "../../domain/event.ts"',
    ],
    [
      "worker/routes/tasks.ts",
      'import { x } from "../store/history/read.ts"; import { Hono } from "npm:hono@4.0.0"',
    ],
    ["worker/main.ts", 'import { x } from "./app.ts"; export { Q } from "./objects/q.ts"'],
    ["runner-agent/job/x.ts", 'import { x } from "../container/y.ts"; import { join } from "node:path"'],
    ["worker/domain/queue_test.ts", 'import { x } from "../store/x.ts"; import fc from "fast-check"'],
    ["tools/x.ts", 'import { x } from "../worker/store/x.ts"'],
  ];
  for (const [file, source] of allowed) assert.deepEqual(messages(arrows, file, source), [], source);
});

Deno.test("every area's entries are written as folders or files, and no area is listed twice", () => {
  assert.equal(new Set(AREAS.map((area) => area.path)).size, AREAS.length);
  for (const area of AREAS) {
    for (const path of [area.path, ...area.may, ...(area.mayTypes ?? [])]) assert.match(path, /(\/|\.ts)$/);
    assert.equal(areaOf(area.path.endsWith("/") ? `${area.path}x.ts` : area.path), area);
  }
});

const IMPURE: readonly (readonly [source: string, message: RegExp])[] = [
  ["const t = Date.now();", /Date.now/],
  ["const t = new Date();", /new Date\(\)/],
  ["const t = Date();", /Date\(\)/],
  ["const { now } = Date;", /alias of Date/],
  ["const r = Math.random();", /Math.random/],
  ["const b = crypto.getRandomValues(new Uint8Array(1));", /crypto/],
  ["const r = fetch('x');", /fetch/],
  ["setTimeout(f, 1);", /setTimeout/],
  ["const v = Deno.env.get('X');", /Deno/],
  ["const v = process.env.X;", /process/],
  ["const v = globalThis['fetch'];", /globalThis/],
  ["async function f() {}", /async function/],
  ["const f = async () => 1;", /async function/],
  ["const p = new Promise(() => {});", /promise/],
];

Deno.test("the purity plugin refuses every door to the world in the pure set, and only there", () => {
  for (const [source, expected] of IMPURE) {
    for (const file of ["worker/domain/x.ts", "protocol/x.ts", "runner-agent/domain/x.ts"]) {
      const found = messages(purity, file, source);
      assert.ok(found.length >= 1, `${file}: ${source}`);
      assert.match(found.join(), expected);
    }
    assert.deepEqual(messages(purity, "worker/objects/x.ts", source), []);
    assert.deepEqual(messages(purity, "worker/domain/x_test.ts", source), []);
  }
});

Deno.test("the purity plugin lets deciders name things as they like and format a given time", () => {
  const source =
    "const iso = new Date(nowMs).toISOString(); const job = { process: 1, fetch: 2 }; x.performance; Math.max(1, 2);";
  assert.deepEqual(messages(purity, "worker/domain/x.ts", source), []);
});

Deno.test("the preload makes the clock, randomness, timers and the network throw, and fixes the seed", async () => {
  const probe = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    probe,
    `const d = Date;
     const doors: (() => unknown)[] = [() => Date.now(), () => new d(), () => Date(), Math.random, () => performance.now(),
       () => crypto.randomUUID(), () => fetch("http://127.0.0.1"), () => setTimeout(() => {}, 1)];
     for (const door of doors) {
       let message = "";
       try { door(); } catch (error) { message = (error as Error).message; }
       if (!message.includes("in the pure set")) throw new Error("open: " + door);
     }
     if (new Date(0).toISOString() !== "1970-01-01T00:00:00.000Z" || !(new Date(0) instanceof Date)) throw new Error("Date");`,
  );
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--config=${ROOT}deno.json`,
      `--preload=${ROOT}tools/purity_preload.ts`,
      probe,
    ],
    env: { FC_SEED: "7" },
    stdin: "null",
  }).output();
  await Deno.remove(probe);
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
});
