import assert from "node:assert/strict";
import { durationMs } from "./duration.ts";
import { parseServices } from "./services.ts";

Deno.test("a service is read with every kind of check, in both spellings of the documents", () => {
  const read = parseServices([
    {
      name: "db",
      command: ["postgres", "-D", "/tmp/db"],
      restart: "always",
      required: true,
      ready_check: { type: "tcp", target: "localhost:5432", timeout: "1m30s" },
    },
    {
      name: "web",
      command: ["serve"],
      restart: "on-failure",
      env: { PORT: 8080 },
      readyCheck: { type: "http", target: "http://127.0.0.1:8080/health?full=1" },
    },
    { name: "warm", command: ["true"], restart: "no", readyCheck: { type: "delay", target: "500ms" } },
  ]);
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.map(({ restart, readyCheck, isRequired }) => ({ restart, readyCheck, isRequired })),
    [
      {
        restart: "always",
        isRequired: true,
        readyCheck: { type: "tcp", host: "localhost", port: 5432, timeoutMs: 90_000 },
      },
      {
        restart: "on-failure",
        isRequired: false,
        readyCheck: { type: "http", url: "http://127.0.0.1:8080/health?full=1", timeoutMs: 30_000 },
      },
      { restart: "never", isRequired: false, readyCheck: { type: "delay", delayMs: 500 } },
    ],
  );
  assert.deepEqual(read.value[1]!.env, { PORT: "8080" });
});

const wrong: [what: string, service: Record<string, unknown>, path: string, message: RegExp][] = [
  ["a name with a slash", { name: "../x" }, "0.name", /expected letters a-z/],
  ["no command", { command: [] }, "0.command", /the program and its arguments/],
  ["a command in one text", { command: "serve it" }, "0.command", /a list of texts/],
  ["an unknown policy", { restart: "sometimes" }, "0.restart", /always, on-failure, never/],
  ["an unknown key", { restarts: "always" }, "0.restarts", /one of the keys/],
  [
    "a port that is none",
    { ready_check: { type: "tcp", target: "x:70000" } },
    "0.ready_check.target",
    /host:port/,
  ],
  ["an https check", { readyCheck: { type: "http", target: "https://x/" } }, "0.readyCheck.target", /http:/],
  [
    "a time without a unit that is known",
    { readyCheck: { type: "delay", target: "2 weeks" } },
    "0.readyCheck.target",
    /500ms/,
  ],
  [
    "a timeout of nothing",
    { readyCheck: { type: "delay", target: "2s", timeout: 0 } },
    "0.readyCheck.timeout",
    /30s/,
  ],
  ["both spellings", { readyCheck: {}, ready_check: {} }, "0.readyCheck", /only one/],
  ["a variable that no shell takes", { env: { "A-B": "x" } }, "0.env.A-B", /name of a variable/],
];
for (const [what, service, path, message] of wrong) {
  Deno.test(`${what} is refused with its place`, () => {
    const read = parseServices([{ name: "one", command: ["x"], ...service }]);
    assert.ok(!read.ok);
    const found = read.error.find((issue) => issue.path.join(".") === path);
    assert.match(found?.message ?? JSON.stringify(read.error), message);
  });
}

Deno.test("two services of one name are refused, and so is what is no list", () => {
  const twice = parseServices([{ name: "a", command: ["x"] }, { name: "a", command: ["y"] }]);
  assert.ok(!twice.ok);
  assert.deepEqual(twice.error[0]?.path, [1, "name"]);
  assert.equal(parseServices({}).ok, false);
});

Deno.test("times are read as people write them", () => {
  const times: [unknown, number | null][] = [
    ["1h2m3s4ms", 3_723_004],
    [2, 2_000],
    ["1.5s", 1_500],
    ["7", 7_000],
    ["", null],
    ["s", null],
    [-1, null],
    ["5 s", null],
  ];
  for (const [text, ms] of times) assert.equal(durationMs(text), ms, String(text));
});
