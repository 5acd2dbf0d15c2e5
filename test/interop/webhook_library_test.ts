/** Our webhooks and the stock `standardwebhooks` library agree (Autonomy 19.9). It reads the clock: so not beside the code. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { readSecret, secretText, signV1 } from "../../protocol/autonomy/webhook.ts";

const SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

Deno.test("the stock library signs alike", () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  const body = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(bytes, fc.string(), seconds, body, (secret, idPart, timestamp, body) => {
    const content = { id: `msg_${idPart}`, timestamp, body };
    const stock = new Webhook(secretText(secret)).sign(content.id, new Date(timestamp * 1_000), body);
    assert.equal(stock, signV1(content, secret));
  }));
});

Deno.test("the stock library takes what we sign, whatever else is listed, and refuses another body", () => {
  const secret = readSecret(SECRET)!;
  const content = { id: "msg_1", timestamp: Math.floor(Date.now() / 1_000), body: '{"type":"gate.opened"}' };
  const headers = {
    "webhook-id": content.id,
    "webhook-timestamp": String(content.timestamp),
    "webhook-signature": `v1a,AAAA ${signV1(content, new Uint8Array(32))} ${signV1(content, secret)}`,
  };
  const stock = new Webhook(SECRET);
  assert.deepEqual(stock.verify(content.body, headers), { type: "gate.opened" });
  assert.throws(() => stock.verify(content.body.replace("opened", "verified"), headers));
});
