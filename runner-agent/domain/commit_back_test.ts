import assert from "node:assert/strict";
import type { CommitBackRepository } from "../../protocol/line/runner.ts";
import { agentDefinition } from "../../test/fake/polled_job.ts";
import { commitBackTarget } from "./commit_back.ts";

const target = { url: "https://git.example/a.git", credentialKind: "agentics-repo" as const, token: "t0ken" };
const of = (commitBackRepository: CommitBackRepository, autoGit = true) =>
  commitBackTarget(agentDefinition({ autoGit, commitBackRepository }));

Deno.test("commitBackTarget() is pushed to with the job's token, and with nothing for an origin that is left alone", () => {
  assert.deepEqual(of(target), {
    ok: true,
    value: { url: target.url, authorization: `Basic ${btoa("x-access-token:t0ken")}` },
  });
  assert.deepEqual(of({ ...target, credentialKind: "runner" }), { ok: true, value: null });
  assert.deepEqual(of(target, false), { ok: true, value: null });
  assert.deepEqual(commitBackTarget(agentDefinition({ autoGit: true })), { ok: true, value: null });
});

for (
  const change of [
    { url: "ssh://git.example/a.git" },
    { url: "/srv/a.git" },
    { url: "https://me:secret@git.example/a.git" },
    { url: "" },
    { token: "" },
    { token: "a b" },
    { credentialKind: "other" as "runner" },
  ]
) {
  Deno.test(`commitBackTarget() refuses ${JSON.stringify(change)} and does not repeat it`, () => {
    const refused = of({ ...target, ...change });
    assert.ok(!refused.ok);
    assert.doesNotMatch(refused.error, /secret|t0ken|example/);
  });
}

Deno.test("commitBackTarget() takes no token from a line", () => {
  const named = commitBackTarget(
    agentDefinition({ autoGit: true, operatorConfig: { commitBackRepository: target } }),
  );
  assert.ok(!named.ok && /must come with a `token`/.test(named.error));
});
