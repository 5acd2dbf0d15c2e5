/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { DEFAULT_POLICY } from "../gate/policy.ts";
import { NO_DOCUMENTS, type PeopleDocuments } from "./documents.ts";
import { policyFor } from "./policy_lookup.ts";

const rule = (line: string, gate: string, policy: string) => ({ line, gate, policy });
const documents: PeopleDocuments = {
  ...NO_DOCUMENTS,
  policies: ["all", "line", "gate", "both", "api"].map((name) => ({ name, owner: `user:${name}` })),
  gates: [
    rule("*", "*", "all"),
    rule("*", "review", "gate"),
    rule("tidy", "*", "line"),
    rule("tidy", "review", "both"),
    rule("tidy", "review", "all"),
    rule("@api", "*", "api"),
  ],
};
const ownerAt = (lineId: string, gateId: string) => policyFor(documents, { lineId, gateId })?.owner;

Deno.test("the most exact rule decides, and of two alike the first", () => {
  assert.equal(ownerAt("other", "other"), "user:all");
  assert.equal(ownerAt("other", "review"), "user:gate");
  assert.equal(ownerAt("tidy", "other"), "user:line");
  assert.equal(ownerAt("tidy", "review"), "user:both");
  assert.equal(policyFor(documents, { kind: "api" })?.owner, "user:api");
  assert.equal(policyFor(documents, { kind: "approval_request" })?.owner, "user:all");
});

Deno.test("a policy is asked for by name or there is none: no other one is taken in its place", () => {
  assert.equal(policyFor(documents, { kind: "api", policy: "gate" })?.owner, "user:gate");
  assert.equal(policyFor(documents, { kind: "api", policy: "two-owners" }), null);
});

Deno.test("without documents there is the default policy, and a document changes of it only what it says", () => {
  assert.deepEqual(policyFor(NO_DOCUMENTS, { lineId: "tidy", gateId: "review" }), DEFAULT_POLICY);
  const policies = [{ name: "link", auth: "token" as const, quorum: { need: 2 }, clocks: { ackMinutes: 5 } }];
  assert.deepEqual(policyFor({ ...NO_DOCUMENTS, policies }, { kind: "api", policy: "link" }), {
    ...DEFAULT_POLICY,
    auth: "token",
    quorum: { ...DEFAULT_POLICY.quorum, need: 2 },
    clocks: { ...DEFAULT_POLICY.clocks, ackMinutes: 5 },
  });
});
