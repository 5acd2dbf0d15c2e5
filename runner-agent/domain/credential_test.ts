import assert from "node:assert/strict";
import { authorizationOf, chooseCredential, coversAddress, credentialAddress } from "./credential.ts";

for (
  const [address, target, isCovered] of [
    ["https://h/a", "https://h/a", true],
    ["https://h/a", "https://h/a/", true],
    ["https://h/a/", "https://h/a", true],
    ["https://h/a", "https://h/a/b.git", true],
    ["https://h", "https://h/a/b.git", true],
    ["https://h:443/a", "https://h/a/b.git", true],
    ["https://H/a", "https://h/a/b.git", true],
    ["http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a/b", true],
    ["http://localhost:1/a", "http://localhost:1/a/b", true],
    ["http://[::1]:1/a", "http://[::1]:1/a/b", true],
    ["https://h/a", "https://h/ab", false],
    ["https://h/a", "https://h/ab/a", false],
    ["https://h/a", "https://h/", false],
    ["https://h/a", "https://h/A/b", false],
    ["https://h/a", "http://h/a/b", false],
    ["https://h/a", "https://h:8443/a/b", false],
    ["https://h/a", "https://h.evil.example/a/b", false],
    ["https://h/a", "https://evil.example/h/a", false],
    ["https://h/a", "https://h@evil.example/a/b", false],
    ["https://h/a", "https://me:secret@h/a/b", false],
    ["https://h/a", "https://h/a/../b", false],
    ["https://h/a", "https://h/x/../a/b", false],
    ["https://h/a", "https://h/a/%2e%2e/b", false],
    ["https://h/a", "https://h/a/..%2fb", false],
    ["https://h/a", "https://h/a%2f..%2fb", false],
    ["https://h/a", "https://h/a/%252e%252e/b", false],
    ["https://h/a", "https://h/a\\..\\b", false],
    ["https://h/a", "https://h//a/b", false],
    ["https://h/a", "https://h/a//b", false],
    ["https://h/a", "https://h/a/b?x=1", false],
    ["https://h/a", "https://h/a/b#x", false],
    ["https://h/a", "https://h/a/\nb", false],
    ["https://h/a", "ssh://h/a/b", false],
    ["https://h/a", "h:a/b", false],
    ["https://h/a", "/a/b", false],
    ["http://h/a", "http://h/a/b", false],
    ["http://127.0.0.1.evil.example/a", "http://127.0.0.1.evil.example/a", false],
    ["http://localhost.evil.example/a", "http://localhost.evil.example/a", false],
  ] as const
) {
  Deno.test(`a credential for ${address} ${isCovered ? "covers" : "does not cover"} ${JSON.stringify(target)}`, () => {
    assert.equal(coversAddress(address, target), isCovered);
  });
}

for (
  const wrong of [
    "",
    "git.example",
    "http://git.example/a",
    "http://10.0.0.1/a",
    "ftp://git.example/a",
    "https://me@git.example/a",
    "https://git.example/a?b",
    "https://git.example/a#b",
    "https://git.example/a/../b",
    "https://git.example/%2e%2e/b",
  ]
) {
  Deno.test(`credentialAddress() refuses ${JSON.stringify(wrong)}`, () => {
    assert.ok(!credentialAddress(wrong).ok);
  });
}

const site = {
  name: "site",
  address: "https://git.example/team",
  command: "print",
  scheme: "basic",
  from: "s.yaml:1",
} as const;

Deno.test("a job gets the credential that it names, for an address below the credential's only", () => {
  assert.deepEqual(chooseCredential([site], "site", "https://git.example/team/a.git"), {
    ok: true,
    value: site,
  });
  const missing = chooseCredential([site], "other", "https://git.example/team/a.git");
  assert.ok(
    !missing.ok &&
      /no credential 'other': its settings file must have it below 'credentials'/.test(missing.error),
  );
  const away = chooseCredential([site], "site", "https://git.example/team-b/secret.git");
  assert.ok(
    !away.ok &&
      /'site' is for https:\/\/git\.example\/team, and the address is not below it/.test(away.error),
  );
  assert.doesNotMatch(away.error, /secret/);
  const odd = chooseCredential([site], "\u001b[2Jx", "https://git.example/team/a.git");
  assert.ok(!odd.ok && !odd.error.includes("\u001b"));
});

Deno.test("a token is the password of HTTP Basic, or a bearer where that was said", () => {
  assert.equal(authorizationOf("basic", "t0ken"), `Basic ${btoa("x-access-token:t0ken")}`);
  assert.equal(authorizationOf("bearer", "t0ken"), "Bearer t0ken");
});
