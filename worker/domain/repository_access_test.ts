/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { TaskId } from "../../protocol/ids.ts";
import { createQueueRig, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import type { Caller } from "./caller.ts";
import { repositoryAccess } from "./repository_access.ts";
import { registerRunner } from "./runner_registry.ts";

const ADMIN: Caller = { kind: "admin", via: "token" };
const bearer = (hash: string): Caller => ({ kind: "token", hash, isOtherProject: false });

function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const task = rig.submit("tidy");
  const runner = (name: string) => {
    const minted = rig.mint("runner");
    const { id } = rig.must((draft) => registerRunner(draft, "user:admin", { name, labels: [], minted }));
    return { id: id as never, caller: bearer(minted.hash) };
  };
  const [holder, other] = [runner("r1"), runner("r2")];
  const { run } = rig.take(holder.id);
  const access = (caller: Caller, taskId: string = task.id) => {
    const found = repositoryAccess(rig.state, caller, taskId, rig.nowMs());
    if (!found.ok) return found.error.reason;
    const { canWrite, allowPrefixes, denyPrefixes } = found.value;
    return canWrite ? `writes ${allowPrefixes} but ${denyPrefixes}` : "reads";
  };
  return {
    rig,
    task,
    holder,
    other,
    access,
    job: rig.runCaller("job", run.id),
    repository: rig.runCaller("repository", run.id),
  };
}

Deno.test("people look, the agent writes all but the work branches, the holding runner writes only those", () => {
  const { access, holder, other, job, repository } = setUp();
  assert.equal(access(ADMIN), "reads");
  assert.equal(access(job), "wrong_token_kind");
  assert.equal(access(repository), "writes refs/ but refs/heads/work/");
  assert.equal(access(holder.caller), "writes refs/heads/work/ but ");
  assert.equal(access(other.caller), "no_active_job");
  assert.equal(access({ kind: "nobody" }), "unauthenticated");
});

Deno.test("the tokens of one task do not open the repository of another", () => {
  const { rig, access, holder, job, repository } = setUp();
  const second = rig.submit("tidy");
  assert.equal(access(job, second.id), "wrong_token_kind");
  assert.equal(access(repository, second.id), "not_found");
  assert.equal(access(holder.caller, second.id), "no_active_job");
  assert.equal(access(ADMIN, second.id), "reads");
});

Deno.test("after the end of the job nobody of it gets in, and people still look", () => {
  const { rig, access, holder, job, repository } = setUp();
  rig.report(holder.id, SUCCESS);
  assert.equal(access(job), "unauthenticated");
  assert.equal(access(repository), "unauthenticated");
  assert.equal(access(holder.caller), "no_active_job");
  assert.equal(access(ADMIN), "reads");
});

Deno.test("an unknown task is not found, for those who may ask", () => {
  const { access, holder } = setUp();
  assert.equal(access(ADMIN, "nope" as TaskId), "not_found");
  assert.equal(access(holder.caller, "nope" as TaskId), "not_found");
  assert.equal(access({ kind: "nobody" }, "nope" as TaskId), "unauthenticated");
});
