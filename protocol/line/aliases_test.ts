import assert from "node:assert/strict";
import fc from "fast-check";
import { ALIASES, type AliasKind, renameKeys, withReferenceNames } from "./aliases.ts";

const PAIRS = Object.entries(ALIASES).flatMap(([kind, table]) =>
  Object.entries(table).map(([alias, name]) => ({ kind: kind as AliasKind, alias, name }))
);
const pair = fc.constantFrom(...PAIRS);

Deno.test("every alias becomes our name, and only our name is left (A1)", () => {
  fc.assert(fc.property(pair, fc.jsonValue(), ({ kind, alias, name }, value) => {
    const renamed = renameKeys(kind, { [alias]: value, other: 1 });
    assert.deepEqual(renamed, { ok: true, value: { [name]: value, other: 1 } });
  }));
});

Deno.test("an alias and its name together must say the same (A2)", () => {
  fc.assert(fc.property(pair, fc.jsonValue(), fc.jsonValue(), ({ kind, alias, name }, one, two) => {
    const isSame = JSON.stringify(one) === JSON.stringify(two);
    for (const input of [{ [alias]: one, [name]: two }, { [name]: two, [alias]: one }]) {
      const renamed = renameKeys(kind, input);
      assert.equal(renamed.ok, isSame);
      if (!renamed.ok) assert.deepEqual(renamed.error, { alias, name });
    }
  }));
});

Deno.test("two aliases of one name must say the same, too", () => {
  assert.deepEqual(renameKeys("rule", { from: "a", fromColumnId: "a" }), {
    ok: true,
    value: { fromStationId: "a" },
  });
  const renamed = renameKeys("rule", { from: "a", fromColumnId: "b" });
  assert.ok(!renamed.ok && renamed.error.name === "fromStationId");
});

Deno.test("our own names, other kinds' aliases and things that are no objects pass untouched", () => {
  assert.deepEqual(renameKeys("card", { columnId: "a", from: "b" }), {
    ok: true,
    value: { columnId: "a", from: "b" },
  });
  for (const input of [null, 1, "x", true, undefined]) {
    assert.deepEqual(renameKeys("line", input), { ok: true, value: input });
  }
  const list = [{ columns: [] }];
  const renamed = renameKeys("line", list);
  assert.ok(renamed.ok && renamed.value === list);
});

Deno.test("names that every object inherits are no aliases, and none becomes a prototype", () => {
  // Deno has no such accessor; the engine that the control plane runs in does.
  Object.defineProperty(Object.prototype, "__proto__", {
    configurable: true,
    get(): unknown {
      return Object.getPrototypeOf(this);
    },
    set(value: object | null) {
      Object.setPrototypeOf(this, value);
    },
  });
  try {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const renamed = renameKeys("line", JSON.parse(`{"${key}":{"name":"x"}}`));
      assert.ok(renamed.ok);
      assert.deepEqual(Object.keys(renamed.value as object), [key]);
      assert.equal((renamed.value as { name?: string }).name, undefined);
    }
  } finally {
    delete (Object.prototype as { __proto__?: unknown }).__proto__;
  }
});

Deno.test("the reference's names of the repository stand beside ours, if there is one", () => {
  assert.deepEqual(withReferenceNames({}), {});
  assert.deepEqual(withReferenceNames({ assemblyLineRepoUrl: "u", assemblyLineRepoToken: "t" }), {
    stageGitUrl: "u",
    stageGitToken: "t",
  });
});
