/** Answers and notices by GitHub, and notices by mail, in the whole Worker. */
import assert from "node:assert/strict";
import { payload } from "../fake/channel_messages.ts";
import { codeOf, HEAD, startChannelStage } from "../fake/channel_stage.ts";

const OLD = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";

Deno.test({
  name: "GitHub and mail at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using stage = await startChannelStage();
    const { plane, providers, project, ask, gateOf, send, github, say } = stage;

    await t.step(
      "a review of GitHub answers for its commit; a repeated delivery changes nothing",
      async () => {
        const at = await project();
        const id = await ask(at, { subject: { ref: "github:Acme/Site#12", rev: HEAD }, policy: "strict" });
        const review = payload("github_pull_request_review");
        review.review.commit_id = OLD;
        const old = await send(at, "github", github("pull_request_review", review));
        assert.deepEqual(codeOf(old), [412, "stale_subject"]);
        review.review.commit_id = HEAD;
        const message = github("pull_request_review", review);
        const said = await send(at, "github", message);
        assert.deepEqual([said.json.result, said.json.gate], ["decided", id], said.text);
        assert.equal((await gateOf(id)).outcome.comment, "Looks right to me.");
        assert.deepEqual((await send(at, "github", message)).json, { result: "duplicate" });
      },
    );

    await t.step("a command in a comment decides, and is answered by a comment", async () => {
      const at = await project();
      const ref = "github:acme/site#12";
      assert.match((await say(at, "/approve")).json.why, /Nobody is asked about/);
      const id = await ask(at, { subject: { ref, rev: HEAD }, policy: "strict" });
      assert.deepEqual(codeOf(await say(at, "/approve")), [412, "stale_subject"]);
      assert.deepEqual(codeOf(await say(at, `/approve ${OLD}`)), [412, "stale_subject"]);
      assert.deepEqual(codeOf(await say(at, `/approve ${HEAD}`, "created", "somebody")), [
        403,
        "unknown_person",
      ]);
      for (const action of ["edited", "deleted"]) {
        assert.equal((await say(at, `/approve ${HEAD}`, action)).json.result, "nothing");
      }
      assert.equal((await gateOf(id)).state, "open");
      assert.equal((await say(at, `/approve ${HEAD}`, "created", "Ada-L")).json.result, "decided");
      await providers.heard(
        "a comment says so",
        ({ path, body }) =>
          path === "/github/repos/acme/site/issues/12/comments" && /^Approved by user:ada/.test(body.body),
      );
      const [first, second] = [
        await ask(at, { subject: { ref, rev: HEAD } }),
        await ask(at, { subject: { ref, rev: HEAD } }),
      ];
      assert.deepEqual(codeOf(await say(at, "/approve")), [409, "ambiguous_ask"]);
      assert.equal((await say(at, `/reject ${second} it leaks`)).json.gate, second);
      assert.equal((await say(at, "/approve")).json.gate, first);
      assert.equal((await gateOf(second)).outcome.comment, "it leaks");
    });

    await t.step(
      "a person is told by mail and on GitHub; the link of a mail decides nothing by being opened",
      async () => {
        const at = await project();
        const id = await ask(at, { subject: { ref: "github:acme/site#77", rev: HEAD } });
        const mail = await providers.heard(
          "ada gets a mail",
          ({ path, body }) => path === "/mail" && body.text.includes(at.owner),
        );
        assert.deepEqual([mail.body.to, mail.body.from], [
          ["ada@example.org"],
          "Shopfloor <gates@example.org>",
        ]);
        assert.equal(mail.headers.get("authorization"), "Bearer mail-key-of-the-test");
        const link = /http\S+\/g#(oag1\.\S+)/.exec(mail.body.text)!;
        for (const method of ["GET", "HEAD"]) {
          await plane.call(method, "/g", { token: link[1]! });
        }
        assert.equal((await gateOf(id)).state, "open");
        const comment = await providers.heard(
          "GitHub has a comment",
          ({ path }) => path === "/github/repos/acme/site/issues/77/comments",
        );
        assert.match(comment.body.body, new RegExp(`^@ada-l .*\n[^]*/approve ${id} ${HEAD}`));
        assert.ok(!comment.body.body.includes("oag1."), "everybody reads a comment");
      },
    );
  },
});
