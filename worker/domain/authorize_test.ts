/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, OWNER, PROJECT, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { actorLabel, authenticate, authorize, authorizeReading } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import { createToken } from "./access_token.ts";
import { registerRunner } from "./runner_registry.ts";
import { mintToken } from "./token.ts";

const bearer = (hash: string, isOtherProject = false): Caller => ({ kind: "token", hash, isOtherProject });

/** A project with one token of each kind. */
function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const task = rig.submit("tidy");
  const minted = { user: rig.mint("user"), runner: rig.mint("runner") };
  rig.must((draft) => createToken(draft, "user:admin", { name: "ci", kind: "user", minted: minted.user }));
  const { id: runnerId } = rig.must((draft) =>
    registerRunner(draft, "user:admin", { name: "r1", labels: [], minted: minted.runner })
  );
  const claimed = rig.take(runnerId as never);
  const callers = {
    nobody: { kind: "nobody" },
    unknown: bearer("0".repeat(64)),
    stranger: bearer("1".repeat(64), true),
    admin: { kind: "admin", via: "token" },
    session: { kind: "admin", via: "session" },
    user: bearer(minted.user.hash),
    runner: bearer(minted.runner.hash),
    job: rig.runCaller("job", claimed.run.id),
    repository: rig.runCaller("repository", claimed.run.id),
  } as const satisfies Record<string, Caller>;
  return { rig, task, runnerId, callers, claimed, minted };
}

Deno.test("each caller is who its token says, in its project only", () => {
  const { rig, task, runnerId, callers, claimed } = setUp();
  const who = (caller: Caller) => {
    const found = authenticate(rig.state, caller);
    return found.ok ? found.value : found.error.reason;
  };
  assert.equal(who(callers.nobody), "unauthenticated");
  assert.equal(who(callers.unknown), "unauthenticated");
  assert.equal(who(callers.stranger), "token_of_other_project");
  assert.deepEqual(who(callers.admin), { kind: "user", name: "admin", via: "user", grant: null });
  assert.deepEqual(who(callers.session), { kind: "user", name: "admin", via: "user", grant: null });
  assert.deepEqual(who(callers.user), {
    kind: "user",
    name: "ci",
    via: "user",
    grant: { scopes: ["*"], lineId: null, expiresAtMs: null },
  });
  assert.deepEqual(who(callers.runner), { kind: "runner", name: "r1", runnerId });
  for (const kind of ["job", "repository"] as const) {
    assert.deepEqual(who(callers[kind]), {
      kind,
      name: claimed.job.id,
      jobId: claimed.job.id,
      taskId: task.id,
    });
  }
});

Deno.test("every kind of token passes where it is wanted and nowhere else", async (t) => {
  const { rig, callers } = setUp();
  const kindOf = {
    nobody: null,
    unknown: null,
    stranger: null,
    admin: "user",
    session: "user",
    user: "user",
    runner: "runner",
    job: "job",
    repository: "repository",
  } as const;
  for (const [name, caller] of Object.entries(callers)) {
    for (const wanted of ["user", "runner", "job", "repository"] as const) {
      await t.step(`${name} where a ${wanted} token is wanted`, () => {
        const kind = kindOf[name as keyof typeof kindOf];
        const found = authorize(rig.state, caller, wanted);
        assert.equal(found.ok, kind === wanted);
        if (!found.ok && kind !== null) {
          assert.deepEqual(found.error, { reason: "wrong_token_kind", needed: [wanted], came: kind });
        }
      });
    }
  }
  assert.ok(authorize(rig.state, callers.job, "job", "user").ok);
  assert.ok(authorize(rig.state, callers.user, "job", "user").ok);
  assert.equal(authorize(rig.state, callers.repository, "job", "user").ok, false);
});

Deno.test("the tokens of a job are nobody's once the job is over (A24)", () => {
  const { rig, runnerId, callers } = setUp();
  rig.report(runnerId as never, SUCCESS);
  for (const caller of [callers.job, callers.repository]) {
    assert.deepEqual(authenticate(rig.state, caller), { ok: false, error: { reason: "unauthenticated" } });
  }
});

Deno.test("registering a name again keeps the runner's id and kills its old token (A26)", () => {
  const { rig, runnerId, callers } = setUp();
  const fresh = rig.mint("runner");
  const again = rig.must((draft) =>
    registerRunner(draft, "user:admin", { name: "r1", labels: ["gpu"], minted: fresh })
  );
  assert.equal(again.id, runnerId);
  assert.equal(authenticate(rig.state, callers.runner).ok, false);
  assert.ok(authenticate(rig.state, bearer(fresh.hash)).ok);
  assert.deepEqual(rig.state.runners.get(runnerId as never)?.labels, ["gpu"]);
  assert.equal(rig.state.runners.size, 1);
});

Deno.test("the audit names kind and name, never a token", () => {
  const { rig, minted } = setUp();
  assert.equal(actorLabel({ kind: "user", name: "ci", via: "user", grant: null }), "user:ci");
  const told = JSON.stringify(rig.events);
  for (const { text, hash } of [minted.user, minted.runner]) {
    assert.equal(told.includes(text) || told.includes(hash), false);
  }
});

Deno.test("a hash of another project's token does not pass here", () => {
  const { rig } = setUp();
  const foreign = mintToken("user", OWNER, `${PROJECT}2`, new Uint8Array(32));
  const found = authenticate(rig.state, bearer(foreign.hash, true));
  assert.deepEqual(found, { ok: false, error: { reason: "token_of_other_project" } });
});

Deno.test("people and runners read the project, a job its own task alone, a repository's token nothing (S1)", () => {
  const { rig, task, callers } = setUp();
  const other = rig.submit("tidy");
  const reads = (caller: Caller) =>
    [null, task.id, other.id].map((taskId) => authorizeReading(rig.state, caller, taskId, rig.nowMs()).ok);
  assert.deepEqual(reads(callers.admin), [true, true, true]);
  assert.deepEqual(reads(callers.user), [true, true, true]);
  assert.deepEqual(reads(callers.runner), [true, true, true]);
  assert.deepEqual(reads(callers.job), [false, true, false]);
  assert.deepEqual(reads(callers.repository), [false, false, false]);
  assert.deepEqual(reads(callers.nobody), [false, false, false]);
});
