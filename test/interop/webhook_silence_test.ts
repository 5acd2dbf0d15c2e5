/** A receiver of webhooks that takes a request and says nothing: twenty real seconds, which no fake clock shortens. */
import assert from "node:assert/strict";
import { WEBHOOK_TIMEOUT_MS } from "../../worker/limits.ts";
import { nth, projectWith, settled } from "../fake/people_asks.ts";
import { startPeopleHarness } from "../fake/people_harness.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";

Deno.test({
  name: "a receiver that says nothing holds up nobody, has failed after twenty seconds, and is tried again",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const harness = await startPeopleHarness();
    await using hanging = startWebhookReceiver();
    hanging.behave("hang");
    await using beside = startWebhookReceiver();
    const { people, made } = await projectWith(harness, [hanging, beside]);
    const startedMs = Date.now();
    await people.record(nth(1));
    await people.record(nth(2, "01jbrc9nf6m6sc7n75yr3hga9v"));
    assert.equal((await beside.until(2)).length, 2);
    assert.ok(Date.now() - startedMs < WEBHOOK_TIMEOUT_MS / 2);

    const list = await settled(
      people,
      (list) => list.filter(({ attempts }) => attempts.length > 0).length >= 3,
      WEBHOOK_TIMEOUT_MS + 5_000,
    );
    const late = list.filter(({ target }) =>
      target.kind === "webhook" && target.endpointId === made[0]!.endpoint.id
    );
    const attempts = late.flatMap(({ attempts }) => attempts);
    assert.ok(
      attempts.length >= 1 &&
        attempts.every(({ status, detail }) => status === null && detail === "no answer within 20 s"),
      JSON.stringify(attempts),
    );
    assert.ok(late.every(({ nextTryAtMs }) => nextTryAtMs !== null));
    await harness.close();
  },
});
