/** Which of Podman's own processes are left over, and which still have somebody to serve. */
import assert from "node:assert/strict";
import { isCleanUp, isLeftKeeper } from "./podman_leftovers.ts";

const GONE = "a".repeat(64);
const LIVES = "b".repeat(64);
const CONTAINERS = new Set([LIVES]);

function conmon(containerId: string, ...options: readonly string[]): readonly string[] {
  return ["/usr/bin/conmon", "--api-version", "1", "-c", containerId, ...options];
}

function podman(...command: readonly string[]): readonly string[] {
  return ["/usr/bin/podman", "--root", "/data/podman/storage", ...command];
}

Deno.test("the conmon of a program beside a command is left over once its container is no more", () => {
  assert.equal(isLeftKeeper(conmon(GONE, "--exec-attach"), CONTAINERS), true);
  assert.equal(isLeftKeeper(conmon(LIVES, "--exec-attach"), CONTAINERS), false);
});

Deno.test("the conmon of a container, and other programs, are never taken for one", () => {
  assert.equal(isLeftKeeper(conmon(GONE), CONTAINERS), false);
  assert.equal(isLeftKeeper(["/usr/bin/less", "-c", GONE, "--exec-attach"], CONTAINERS), false);
});

Deno.test("a clean-up is waited for when its container is no more", () => {
  assert.equal(isCleanUp(podman("container", "cleanup", "--exec", "e1", "--rm", GONE), CONTAINERS), true);
  assert.equal(isCleanUp(podman("container", "cleanup", LIVES), CONTAINERS), false);
  assert.equal(isCleanUp(podman("system", "service", "--time=0", "unix:///run/x.sock"), CONTAINERS), false);
});
