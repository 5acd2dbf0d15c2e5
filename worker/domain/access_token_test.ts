import assert from "node:assert/strict";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import type { Scope, TokenInput } from "../../protocol/line/token.ts";
import { authorizeReading, authorizeUser } from "./authorize.ts";
import { createToken, deleteToken, listTokens } from "./access_token.ts";
import type { Caller } from "./caller.ts";
import type { Demand } from "./scope.ts";

function stage(input: Partial<TokenInput> = {}) {
  const rig = createQueueRig();
  rig.line("a", lineOf([station("make")]));
  rig.line("b", lineOf([station("make")]));
  const minted = rig.mint(input.kind ?? "user");
  const make = { name: "ci", kind: "user" as const, ...input, minted };
  const made = rig.run((draft) => createToken(draft, "user:admin", make));
  const caller: Caller = { kind: "token", hash: minted.hash, isOtherProject: false };
  const ask = (demand: Demand) => {
    const found = authorizeUser(rig.state, caller, demand, rig.nowMs());
    return found.ok ? "ok" : found.error.reason;
  };
  return { rig, made, caller, ask, text: minted.text };
}

Deno.test("a token without scopes may do everything, and so may one made before there were scopes", () => {
  const { rig, caller, ask } = stage();
  assert.equal(ask({ scope: "*", lineId: null }), "ok");
  const hash = caller.kind === "token" ? caller.hash : "";
  const { grant: _, ...old } = rig.state.tokens.get(hash)!;
  (rig.state.tokens as Map<string, unknown>).set(hash, old);
  assert.equal(ask({ scope: "*", lineId: null }), "ok");
  assert.deepEqual(listTokens(rig.state)[0]!.scopes, ["*"]);
});

Deno.test("a token may do what its scopes name and nothing else", () => {
  const all: Scope[] = [
    "tasks:read",
    "tasks:write",
    "runs:dispatch",
    "gates:decide",
    "lines:write",
    "runners:write",
    "*",
  ];
  for (const held of all) {
    const { ask } = stage({ scopes: [held] });
    for (const wanted of all) {
      const expected = held === "*" || held === wanted ? "ok" : "missing_scope";
      assert.equal(ask({ scope: wanted }), expected, `${held} asks for ${wanted}`);
    }
  }
});

Deno.test("a token locked to a line acts on that line alone, and never on the whole project", () => {
  const { rig, caller, ask } = stage({ lineId: "a" as never });
  const task = { a: rig.submit("a"), b: rig.submit("b") };
  assert.equal(ask({ scope: "lines:write", lineId: "a" }), "ok");
  assert.equal(ask({ scope: "tasks:write", taskId: task.a.id }), "ok");
  assert.equal(ask({ scope: "tasks:read" }), "ok");
  assert.equal(ask({ scope: "lines:write", lineId: "b" }), "token_locked_to_line");
  assert.equal(ask({ scope: "tasks:write", taskId: task.b.id }), "token_locked_to_line");
  assert.equal(ask({ scope: "lines:write", lineId: null }), "token_locked_to_line");
  const reads = (taskId: string) => authorizeReading(rig.state, caller, taskId, rig.nowMs()).ok;
  assert.deepEqual([reads(task.a.id), reads(task.b.id)], [true, false]);
});

Deno.test("a token ends at its time", () => {
  const { rig } = stage();
  const { ask, rig: later } = stage({ expiresAt: rig.nowMs() + 1_000 });
  assert.equal(ask({ scope: "tasks:read" }), "ok");
  later.advance(999);
  assert.equal(ask({ scope: "tasks:read" }), "ok");
  later.advance(1);
  assert.equal(ask({ scope: "tasks:read" }), "token_expired");
});

Deno.test("a token that would end before it begins, or is for a line that nobody made, is refused", () => {
  const past = stage({ expiresAt: 1 });
  assert.deepEqual(past.made.ok ? null : past.made.error.reason, "expiry_in_the_past");
  const nowhere = stage({ lineId: "nope" as never });
  assert.deepEqual(nowhere.made.ok ? null : nowhere.made.error.reason, "not_found");
  assert.equal(listTokens(nowhere.rig.state).length, 0);
});

Deno.test("tokens are listed without their text and deleted by their id", () => {
  const { rig, ask, text } = stage({ kind: "connection", scopes: ["tasks:write"] });
  assert.match(text, /^pct_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
  rig.runner("ada");
  const listed = listTokens(rig.state);
  assert.equal(listed.length, 1, "a runner's token is none of them");
  assert.ok(!JSON.stringify(listed).includes(text));
  assert.equal(rig.run((draft) => deleteToken(draft, "user:admin", "nope")).ok, false);
  rig.must((draft) => deleteToken(draft, "user:admin", listed[0]!.id));
  assert.equal(ask({ scope: "tasks:write" }), "unauthenticated");
});
