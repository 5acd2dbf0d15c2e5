/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_DOCUMENTS, type PeopleDocuments, type PersonDocument } from "./documents.ts";
import { identityOf, resolveTargets } from "./resolve.ts";

const person = (name: string, more: Partial<PersonDocument> = {}): PersonDocument => ({
  name,
  roles: [],
  groups: [],
  identities: [],
  channels: [],
  ...more,
});
const documents: PeopleDocuments = {
  ...NO_DOCUMENTS,
  people: [
    person("ada", {
      groups: ["owners"],
      identities: ["github:Ada", "mail:ada@example.org"],
      roles: ["maintainer"],
    }),
    person("bob", { groups: ["owners"], away: { untilMs: 100, to: "cyd" } }),
    person("cyd", { away: { untilMs: 50, to: "dee" } }),
    person("dee", { isSimulator: true }),
    person("eve", { away: { untilMs: 100, to: "fay" } }),
    person("fay", { away: { untilMs: 100, to: "eve" } }),
  ],
  schedules: [{
    name: "primary",
    layers: [{ people: ["ada", "bob"], startsAtMs: 0, turnMs: 10 }],
    overrides: [],
  }],
};
const names = (targets: readonly string[], atMs: number) =>
  resolveTargets(documents, targets, atMs).map(({ principal }) => principal);

Deno.test("a schedule is whoever is on call at that instant, a group is all its people, each of them once", () => {
  assert.deepEqual(names(["schedule:primary"], 0), ["user:ada"]);
  assert.deepEqual(names(["schedule:primary"], 110), ["user:bob"]);
  assert.deepEqual(names(["schedule:primary", "group:owners", "user:ada"], 200), ["user:ada", "user:bob"]);
});

Deno.test("who is away is replaced up to the end of it, over several hops, and the reason says so", () => {
  assert.deepEqual(resolveTargets(documents, ["user:bob"], 0), [
    { principal: "user:dee", because: "named; user:bob is away, user:cyd is away" },
  ]);
  assert.deepEqual(names(["user:bob"], 50), ["user:cyd"]);
  assert.deepEqual(names(["user:bob"], 100), ["user:bob"]);
});

Deno.test("people who stand in for each other and are both away are told themselves", () => {
  assert.deepEqual(names(["user:eve"], 0), ["user:eve"]);
});

Deno.test("an unknown schedule or group is nobody; an address is its person, or else itself", () => {
  assert.deepEqual(names(["schedule:none", "group:none", "ada"], 0), []);
  assert.deepEqual(names(["mail:ADA@example.org", "mail:zoe@example.org"], 0), [
    "user:ada",
    "mail:zoe@example.org",
  ]);
});

Deno.test("an identity is a person's in any case of its letters, and nobody's else", () => {
  const ada = { principal: "user:ada", roles: ["maintainer"], groups: ["owners"], isSimulator: false };
  for (const identity of ["user:ada", "github:ada", "mail:Ada@Example.org"]) {
    assert.deepEqual(identityOf(documents, identity), ada);
  }
  assert.equal(identityOf(documents, "user:dee")?.isSimulator, true);
  for (const identity of ["user:Ada", "github:bob", "ada", "slack:ADA"]) {
    assert.equal(identityOf(documents, identity), null);
  }
});

Deno.test("whatever away says, resolving ends, and nobody who is there is replaced", () => {
  const names = ["a", "b", "c", "d"];
  const away = fc.array(
    fc.option(fc.record({ untilMs: fc.nat(10), to: fc.constantFrom(...names) }), { nil: undefined }),
    {
      minLength: 4,
      maxLength: 4,
    },
  );
  fc.assert(fc.property(away, fc.nat(12), (list, atMs) => {
    const people = names.map((name, i) => person(name, list[i] === undefined ? {} : { away: list[i] }));
    for (const [i, name] of names.entries()) {
      const found = resolveTargets({ ...NO_DOCUMENTS, people }, [`user:${name}`], atMs);
      assert.equal(found.length, 1);
      if (list[i] === undefined || list[i].untilMs <= atMs) assert.equal(found[0]?.principal, `user:${name}`);
    }
  }));
});
