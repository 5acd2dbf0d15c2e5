/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { addressOf } from "./access_assertion.ts";
import { ownPath } from "./own_path.ts";
import { readSignIn, type SignInVariables } from "./sign_in_ways.ts";

const GITHUB: SignInVariables = {
  SHOPFLOOR_ADMIN_TOKEN: "t",
  SHOPFLOOR_GITHUB_CLIENT_ID: "id",
  SHOPFLOOR_GITHUB_CLIENT_SECRET: "hush",
};

Deno.test("what is not set is off, without a word", () => {
  assert.deepEqual(readSignIn({}), { github: null, access: null, roles: [], faults: [] });
  assert.deepEqual(readSignIn({ SHOPFLOOR_GITHUB_CLIENT_ID: " ", SHOPFLOOR_ROLES: "" }).faults, []);
});

Deno.test("GitHub's addresses are those of github.com, or of a GitHub Enterprise Server", () => {
  const { github } = readSignIn(GITHUB);
  assert.deepEqual([github?.webUrl, github?.apiUrl], ["https://github.com", "https://api.github.com"]);
  const own = readSignIn({ ...GITHUB, SHOPFLOOR_GITHUB_URL: "https://git.example.org/" }).github;
  assert.deepEqual([own?.webUrl, own?.apiUrl], ["https://git.example.org", "https://git.example.org/api/v3"]);
});

Deno.test("what is half set or would send a secret in clear is off, and the variable is named, never its value", () => {
  const rows: [SignInVariables, RegExp][] = [
    [{ ...GITHUB, SHOPFLOOR_GITHUB_CLIENT_SECRET: "" }, /SHOPFLOOR_GITHUB_CLIENT_SECRET must be set/],
    [{ ...GITHUB, SHOPFLOOR_GITHUB_CLIENT_ID: "" }, /SHOPFLOOR_GITHUB_CLIENT_ID must be set/],
    [{ ...GITHUB, SHOPFLOOR_ADMIN_TOKEN: "" }, /SHOPFLOOR_ADMIN_TOKEN must be set/],
    [{ ...GITHUB, SHOPFLOOR_GITHUB_URL: "http://git.example.org" }, /SHOPFLOOR_GITHUB_URL must be an https/],
    [{ ...GITHUB, SHOPFLOOR_GITHUB_URL: "https://git.example.org/path" }, /SHOPFLOOR_GITHUB_URL/],
    [{ SHOPFLOOR_ACCESS_TEAM: "acme" }, /SHOPFLOOR_ACCESS_AUD must be set/],
    [{ SHOPFLOOR_ACCESS_AUD: "aud" }, /SHOPFLOOR_ACCESS_TEAM must be/],
    [
      { SHOPFLOOR_ACCESS_AUD: "aud", SHOPFLOOR_ACCESS_TEAM: "http://evil.test" },
      /SHOPFLOOR_ACCESS_TEAM must be/,
    ],
    [{ SHOPFLOOR_ROLES: "ada=admin" }, /SHOPFLOOR_ROLES .*'ada=admin'/],
  ];
  for (const [variables, says] of rows) {
    const read = readSignIn(variables);
    assert.deepEqual([read.github, read.access, read.roles], [null, null, []]);
    assert.match(read.faults.join("\n"), says);
    assert.doesNotMatch(read.faults.join("\n"), /hush/);
  }
});

Deno.test("an assertion of Access counts for its team and application, until it ends", () => {
  const { access } = readSignIn({ SHOPFLOOR_ACCESS_TEAM: "Acme", SHOPFLOOR_ACCESS_AUD: "one, two" });
  assert.deepEqual(access, { teamUrl: "https://acme.cloudflareaccess.com", audiences: ["one", "two"] });
  const good = { iss: access!.teamUrl, aud: ["two"], exp: 2_000, nbf: 1_000, email: "Bob@Example.org" };
  const nowMs = 1_500_000;
  assert.equal(addressOf(good, access!, nowMs), "bob@example.org");
  assert.equal(addressOf({ ...good, aud: "one" }, access!, nowMs), "bob@example.org");
  const bad = [
    { ...good, aud: ["three"] },
    { ...good, aud: undefined },
    { ...good, iss: "https://evil.cloudflareaccess.com" },
    { ...good, exp: undefined },
    { ...good, exp: "2000" },
    { ...good, exp: 1_400 },
    { ...good, nbf: 1_600 },
    { ...good, email: undefined, common_name: "service" },
    { ...good, email: "no address" },
    null,
    "text",
  ];
  for (const claims of bad) assert.equal(addressOf(claims, access!, nowMs), null, JSON.stringify(claims));
});

Deno.test("after signing in people stay on this server", () => {
  for (const path of ["/", "/p/o/p/tasks/1?x=//y", "/a//b"]) assert.equal(ownPath(path), path);
  for (
    const path of [
      "//evil.test",
      "/\\evil.test",
      "https://evil.test",
      "/a\\b",
      "/a\tb",
      "/\t/evil.test",
      "",
      "a",
    ]
  ) {
    assert.equal(ownPath(path), "/", path);
  }
});
