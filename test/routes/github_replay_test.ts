/** What GitHub signs is a body and nothing else: a body that was seen once is worth nothing later, under any name. */
import assert from "node:assert/strict";
import { githubMessage, payload } from "../fake/channel_messages.ts";
import { codeOf, HEAD, startChannelStage } from "../fake/channel_stage.ts";

Deno.test({
  name: "messages of GitHub that come again",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using stage = await startChannelStage();
    const { providers, project, ask, gateOf, send } = stage;
    const secret = providers.variables.SHOPFLOOR_GITHUB_WEBHOOK_SECRET!;
    const subject = { ref: "github:acme/site#12", rev: HEAD };

    await t.step("a body that was taken is a duplicate also as another delivery", async () => {
      const at = await project();
      const id = await ask(at, { subject, quorum: { need: 2 } });
      const message = githubMessage("issue_comment", payload("github_issue_comment"), secret);
      assert.equal((await send(at, "github", message)).json.gate, id);
      const headers = { ...message.headers, "x-github-delivery": "00000000-0000-0000-0000-000000000000" };
      assert.deepEqual((await send(at, "github", { ...message, headers })).json, { result: "duplicate" });
    });

    await t.step("what was said before the question was asked answers nothing", async () => {
      const at = await project();
      const early = { atMs: Date.now() - 3_600_000 };
      const review = payload("github_pull_request_review");
      review.review.commit_id = HEAD;
      const id = await ask(at, { subject });
      for (
        const message of [
          githubMessage("issue_comment", payload("github_issue_comment"), secret, early),
          githubMessage("pull_request_review", review, secret, early),
        ]
      ) {
        assert.deepEqual(codeOf(await send(at, "github", message)), [409, "said_before_asked"]);
      }
      assert.equal((await gateOf(id)).state, "open");
      const now = await send(at, "github", githubMessage("pull_request_review", review, secret));
      assert.equal(now.json.result, "decided", now.text);
    });

    await t.step("the answer to a comment mentions nobody", async () => {
      const at = await project();
      await ask(at, { subject, title: "Ask @acme/everybody *now*" });
      await stage.say(at, "/approve");
      await providers.heard(
        "a comment without a mention",
        ({ path, body }) =>
          path === "/github/repos/acme/site/issues/12/comments" &&
          body.body === "Approved by user:ada: Ask @\u200bacme/everybody \\*now\\*",
      );
    });
  },
});
