import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { BackendEvent } from "../../pipeline/event.ts";
import type { CallSurroundings, PermissionAnswer, PermissionRequest } from "../ports.ts";
import { openCallDirectory } from "./call_directory.ts";
import { openPermissionBridge } from "./permission_bridge.ts";
import { runPermissionHook } from "./permission_hooks.ts";

const BASH = JSON.stringify({
  hook_event_name: "PreToolUse",
  tool_name: "Bash",
  tool_input: { command: "ls" },
});

function surroundings(
  askPermission: (request: PermissionRequest) => Promise<PermissionAnswer>,
  more: Partial<CallSurroundings> = {},
) {
  const events: BackendEvent[] = [];
  const given: CallSurroundings = {
    signal: new AbortController().signal,
    cwd: "/",
    environment: {},
    isHeadless: false,
    onEvent: (event) => events.push(event),
    askPermission,
    warn() {},
    ...more,
  };
  return { given, events };
}

async function bridgeOf(given: CallSurroundings) {
  const directory = await openCallDirectory();
  assert.ok(directory.ok, directory.ok ? "" : directory.error);
  const opened = openPermissionBridge(directory.value.path, given);
  assert.ok(opened.ok, opened.ok ? "" : opened.error);
  return {
    socketPath: opened.value.socketPath,
    directory: directory.value,
    async [Symbol.asyncDispose]() {
      await opened.value[Symbol.asyncDispose]();
      await directory.value[Symbol.asyncDispose]();
    },
  };
}

function decision(printed: string) {
  return JSON.parse(printed).hookSpecificOutput;
}

Deno.test("r02: a hook asks the run, the run tells of it and asks its people", async () => {
  const asked: PermissionRequest[] = [];
  const { given, events } = surroundings((request) => {
    asked.push(request);
    return Promise.resolve({ isAllowed: asked.length === 1, reason: asked.length === 1 ? null : "enough" });
  });
  await using bridge = await bridgeOf(given);
  assert.equal(
    decision(await runPermissionHook("check", bridge.socketPath, BASH)).permissionDecision,
    "allow",
  );
  const denied = decision(await runPermissionHook("check", bridge.socketPath, BASH));
  assert.deepEqual([denied.permissionDecision, denied.reason], ["deny", "enough"]);
  assert.deepEqual(asked[0], {
    displayName: "Bash",
    displayDetail: "\n    command: ls",
    toolInput: { command: "ls" },
  });
  assert.deepEqual(events[0], {
    type: "permission_requested",
    display_name: "Bash",
    display_detail: "\n    command: ls",
    tool_input: { command: "ls" },
  });
  assert.equal(events.length, 2);
});

Deno.test("r02: an answer to a question comes back as the tool's input", async () => {
  const { given } = surroundings(() => Promise.resolve({ isAllowed: false, reason: "red" }));
  await using bridge = await bridgeOf(given);
  const input = { question: "Which?", options: ["red", "blue"] };
  const printed = await runPermissionHook(
    "ask",
    bridge.socketPath,
    JSON.stringify({ tool_name: "AskUserQuestion", tool_input: input }),
  );
  const { permissionDecision, updatedInput } = decision(printed);
  assert.equal(permissionDecision, "allow");
  assert.deepEqual(updatedInput.answers, { "Which?": "red" });
});

Deno.test("r02: requests that come together are asked one after the other", async () => {
  let open = 0;
  const { given } = surroundings(async () => {
    assert.equal(++open, 1, "one at a time");
    await Promise.resolve();
    open--;
    return { isAllowed: true, reason: null };
  });
  await using bridge = await bridgeOf(given);
  const printed = await Promise.all(
    Array.from({ length: 5 }, () => runPermissionHook("check", bridge.socketPath, BASH)),
  );
  assert.ok(printed.every((one) => decision(one).permissionDecision === "allow"));
});

Deno.test("s13: a tool with a standing permission is neither told nor asked", async () => {
  const { given, events } = surroundings(() => assert.fail("must not be asked"), {
    hasStandingPermission: (name) => name === "Bash",
  });
  await using bridge = await bridgeOf(given);
  assert.equal(
    decision(await runPermissionHook("check", bridge.socketPath, BASH)).permissionDecision,
    "allow",
  );
  assert.deepEqual(events, []);
});

Deno.test("r02: a cancelled call denies what people still look at", async () => {
  const stop = new AbortController();
  const { given } = surroundings(() => {
    stop.abort();
    return new Promise(() => {});
  }, { signal: stop.signal });
  await using bridge = await bridgeOf(given);
  assert.equal(
    decision(await runPermissionHook("check", bridge.socketPath, BASH)).permissionDecision,
    "deny",
  );
});

Deno.test("r02: only its owner can open the directory, and nothing of it is left", async () => {
  const { given } = surroundings(() => Promise.resolve({ isAllowed: true, reason: null }));
  const bridge = await bridgeOf(given);
  const directory = dirname(bridge.socketPath);
  assert.equal((await Deno.stat(directory)).mode! & 0o777, 0o700);
  await bridge.directory.write({ "a.txt": "text" });
  assert.equal((await Deno.stat(`${directory}/a.txt`)).mode! & 0o777, 0o600);
  // A connection that says nothing is closed with it.
  using _silent = await Deno.connect({ transport: "unix", path: bridge.socketPath });
  await bridge[Symbol.asyncDispose]();
  await assert.rejects(Deno.stat(directory), Deno.errors.NotFound);
  const denied = decision(await runPermissionHook("check", bridge.socketPath, BASH));
  assert.deepEqual([denied.permissionDecision, denied.reason], ["deny", "ail permission bridge error"]);
});

Deno.test("r01: a directory too deep for a socket's name is told", () => {
  const { given } = surroundings(() => assert.fail("must not be asked"));
  const opened = openPermissionBridge(`/tmp/${"x".repeat(200)}`, given);
  assert.ok(!opened.ok);
  assert.match(opened.error, /^cannot open the socket for permissions: /);
});
