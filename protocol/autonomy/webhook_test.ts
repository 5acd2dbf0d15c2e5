import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contentBytes,
  fromBase64,
  isWanted,
  readSecret,
  secretText,
  signV1,
  toBase64,
  webhookBody,
} from "./webhook.ts";

/** Autonomy 19.9. */
const VECTOR = {
  secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  id: "msg_01JBRCSNF6M6SC7N75YR3GA9SV",
  timestamp: 1_795_000_000,
  body:
    '{"type":"gate.verified","timestamp":"2026-11-18T11:06:40Z","data":{"gate_id":"gate_01JBRC9NF6M6SC7N75YR3HGA9T","seq":4,"outcome":"approve"}}',
  signature: "v1,DBl30gSXtgnBcVeOcdXrXIaRiXFlriE/hPf+jmaxuhg=",
};

Deno.test("the vector of the specification is signed byte for byte", () => {
  const secret = readSecret(VECTOR.secret);
  assert.ok(secret !== null);
  assert.equal(signV1(VECTOR, secret), VECTOR.signature);
  assert.equal(secretText(secret), VECTOR.secret);
  assert.equal(
    new TextDecoder().decode(contentBytes(VECTOR)),
    `${VECTOR.id}.${VECTOR.timestamp}.${VECTOR.body}`,
  );
});

Deno.test("a secret has 24 to 64 bytes", () => {
  for (const length of [24, 64]) assert.equal(readSecret(secretText(new Uint8Array(length)))?.length, length);
  for (
    const text of [
      secretText(new Uint8Array(23)),
      secretText(new Uint8Array(65)),
      "whsec_!",
      "MDEy",
      "whpk_MDEy",
    ]
  ) {
    assert.equal(readSecret(text), null);
  }
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(fromBase64(toBase64(bytes)), bytes)));
});

Deno.test("a body is thin: ids, numbers and the outcome, in the order of the specification", () => {
  const facts = {
    type: "verified",
    atMs: VECTOR.timestamp * 1_000,
    askId: "01jbrc9nf6m6sc7n75yr3hga9t",
    seq: 4,
    state: "verified",
    outcome: "approve",
    subject: { ref: "task", rev: "abc" },
  };
  assert.equal(
    webhookBody(facts),
    '{"type":"gate.verified","timestamp":"2026-11-18T11:06:40Z","data":{"gate_id":"01jbrc9nf6m6sc7n75yr3hga9t",' +
      '"session_id":"01jbrc9nf6m6sc7n75yr3hga9t","seq":4,"state":"verified","outcome":"approve","subject":{"ref":"task","rev":"abc"}}}',
  );
  assert.ok(!webhookBody({ ...facts, outcome: null }).includes("outcome"));
  assert.ok(webhookBody({ ...facts, atMs: 1 }).includes('"1970-01-01T00:00:00.001Z"'));
});

Deno.test("a filter is a list of types, or of their beginnings", () => {
  assert.ok(isWanted([], "gate.opened"));
  assert.ok(isWanted(["gate.verified", "gate.opened"], "gate.opened"));
  assert.ok(isWanted(["gate.*"], "gate.opened"));
  assert.ok(!isWanted(["gate.verified"], "gate.opened"));
  assert.ok(!isWanted(["gate.open"], "gate.opened"));
});
