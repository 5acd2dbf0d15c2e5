import assert from "node:assert/strict";
import { lineInput } from "./line.ts";

const with_ = (trigger: object) =>
  lineInput.safeParse({
    name: "L",
    stations: [{ id: "a", name: "A", trigger: { type: "none", ...trigger } }],
  });

Deno.test("a trigger says for its jobs what the reference's runners read", () => {
  const trigger = {
    subagentPromptAppendix: "Be brief.",
    commitBackRepository: {
      url: "https://git.example/a.git",
      credentialKind: "agentics-repo",
      credential: "back",
    },
    claudeCredentialsScope: "task",
    agents: [{ id: "r", name: "Reviewer", content: "# Review" }],
    marketplaceTokens: [{ authority: "market.example", upstreamPrefix: "/x", credential: "market" }],
    gitignoreLines: ["*.log"],
    runtimeResources: { memoryMB: 512 },
    jobType: "git_push",
    gitPushPayload: { files: [{ path: "a", content: "b" }] },
    distributePayload: { allow: [] },
    command: "make",
    memMib: 256,
    vcpuCount: 0.5,
  };
  const read = with_(trigger);
  assert.ok(read.success, JSON.stringify(read.error?.issues));
  const { type: _, labels: __, needs: ___, ...rest } = read.data.stations[0]!.trigger;
  assert.deepEqual({ ...rest, ...trigger }, rest);
});

for (
  const [what, trigger] of [
    ["a token to push with", {
      commitBackRepository: { url: "https://x.example/", credentialKind: "runner", token: "t" },
    }],
    ["a credential in an address", {
      commitBackRepository: { url: "https://t@x.example/", credentialKind: "runner" },
    }],
    ["the bearer of a marketplace", {
      marketplaceTokens: [{ authority: "m", bearer: "t", credential: "c" }],
    }],
    ["a credential that is no name", { marketplaceTokens: [{ authority: "m", credential: "gh p/x" }] }],
    ["an unknown kind of job", { jobType: "dig" }],
    ["no memory", { runtimeResources: { memoryMB: 0 } }],
    ["a payload that is no object", { jobType: "git_push", gitPushPayload: "x" }],
  ] as const
) {
  Deno.test(`a line with ${what} is refused`, () => assert.equal(with_(trigger).success, false));
}
