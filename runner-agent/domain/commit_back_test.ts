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
    value: { kind: "token", url: target.url, authorization: `Basic ${btoa("x-access-token:t0ken")}` },
  });
  assert.deepEqual(of({ ...target, credentialKind: "runner" }), { ok: true, value: null });
  assert.deepEqual(of(target, false), { ok: true, value: null });
  assert.deepEqual(commitBackTarget(agentDefinition({ autoGit: true })), { ok: true, value: null });
});

for (
  const change of [
    { url: "ssh://git.example/a.git" },
    { url: "/srv/a.git" },
    { url: "http://git.example/a.git" },
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
  assert.ok(!named.ok && /must come with a `token` or name a `credential`/.test(named.error));
});

Deno.test("commitBackTarget() names the credential that a job or its line names, and a token goes before it", () => {
  const { token: _token, ...named } = { ...target, credential: "agentics-repo" };
  const wanted = { ok: true, value: { kind: "credential", url: target.url, credential: "agentics-repo" } };
  assert.deepEqual(of(named), wanted);
  assert.deepEqual(
    commitBackTarget(agentDefinition({ autoGit: true, operatorConfig: { commitBackRepository: named } })),
    wanted,
  );
  const both = of({ ...target, credential: "agentics-repo" });
  assert.ok(both.ok && both.value?.kind === "token");
  const loopback = of({ ...named, url: "http://127.0.0.1:3000/a.git" });
  assert.ok(loopback.ok && loopback.value?.kind === "credential");
  assert.ok(!of({ ...named, url: "http://10.0.0.1/a.git" }).ok);
});
