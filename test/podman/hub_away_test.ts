/** A real sandbox whose runner is away for a moment: what it asks for meanwhile waits, and not for ever. */
import assert from "node:assert/strict";
import { collectOutput, eventually } from "../../runner-agent/container/container_contract.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import { type Hub, startHub } from "../../runner-agent/job/hub.ts";
import { createGitRoute } from "../../runner-agent/worktree/git_route.ts";
import { GIT_ENVIRONMENT } from "../fake/git_environment.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** What init waits in all, and a slow machine's share. */
const AWAY_MAX_SECONDS = 20;
const SLACK_SECONDS = 15;

/** Says so once the request is on its way, so that the hub comes back only after it. */
const COMMAND = `
  began=$(date +%s)
  curl -s --max-time 100 http://127.0.0.1:7401/ & lost=$!
  git clone -q http://127.0.0.1:7400/git/project.git /tmp/clone & clone=$!
  until grep -q ' 0100007F:1CE8 01 ' /proc/net/tcp || ! kill -0 "$clone"; do sleep 0.02; done
  echo asked
  wait "$clone" && git -C /tmp/clone log --format=%s
  echo "clone $?"
  wait "$lost"; echo "lost $? after $(($(date +%s) - began))"`;

async function makeRepository(root: string): Promise<string> {
  const script = `
    git init -q -b main work && cd work && echo one > one.txt && git add . && git commit -qm first
    cd .. && git clone -q --bare work project.git`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script],
    cwd: root,
    env: GIT_ENVIRONMENT,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return `${root}/project.git`;
}

Deno.test("in a sandbox, a clone begun while the runner is away succeeds once it is back; one that never is ends it", async () => {
  const root = await Deno.makeTempDir({ prefix: "shopfloor-away-" });
  const dir = `${root}/hub`;
  const work = `${root}/work-dir`;
  for (const one of [dir, work]) await Deno.mkdir(one, { mode: 0o755 });
  const image = await imageOf("command");
  const gitDir = await makeRepository(root);
  const runtime = await openPodman(root);
  const hubSocket = `${dir}/hub.sock`;
  // What a runner that was killed leaves behind: a socket that nobody serves.
  Deno.listen({ transport: "unix", path: hubSocket }).close();
  let hub: Hub | null = null;
  try {
    const { containerId } = await runtime.create(plainSpec({
      image,
      command: ["/bin/sh", "-c", COMMAND],
      env: { HOME: "/home/agent" },
      mounts: [{ source: dir, target: "/run/alp", isReadOnly: true }, {
        source: work,
        target: "/workspace",
        isReadOnly: false,
      }],
      forwards: { 7400: "/run/alp/hub.sock", 7401: "/run/alp/never.sock" },
    }));
    let seen = "";
    const output = runtime.output(
      containerId,
      (_, bytes) => seen += new TextDecoder().decode(bytes),
      new AbortController().signal,
    );
    await runtime.start(containerId);
    await eventually("the clone is on its way", () => seen.includes("asked\n"));
    const route = {
      path: "/git/project.git/",
      handle: createGitRoute({ gitDir, prefix: "/git/project.git" }),
    };
    hub = await startHub({ hub: dir, hubSocket }, [route], () => {});
    await output;
    assert.equal((await runtime.wait(containerId, new AbortController().signal)).exitCode, 0);
    const all = (await collectOutput(runtime, containerId)).stdout;
    assert.match(all, /^first\nclone 0$/m, all);
    const [, status, seconds] = /lost (\d+) after (\d+)/.exec(all) ?? [];
    assert.notEqual(status, "0");
    assert.ok(Number(seconds) <= AWAY_MAX_SECONDS + SLACK_SECONDS, all);
  } finally {
    for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
    await hub?.close();
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
});
