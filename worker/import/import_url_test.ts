/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { allowedHosts, importUrl } from "./import_url.ts";

const says = (text: string, allowed: readonly string[] = []) => {
  const url = importUrl(text, allowed);
  return url.ok ? url.value.href : url.error.reason;
};

Deno.test("a repository of the public web is taken over HTTPS alone", () => {
  assert.equal(says("https://github.com/a/b.git"), "https://github.com/a/b.git");
  assert.equal(says("https://git.example.org:8443/x?y#z"), "https://git.example.org:8443/x");
  assert.equal(says("https://8.8.8.8/x"), "https://8.8.8.8/x");
  assert.equal(says("https://[2606:4700::1111]/x"), "https://[2606:4700::1111]/x");
  for (const text of ["http://github.com/a", "git://github.com/a", "file:///etc", "ssh://git@github.com/a"]) {
    assert.ok(["not_https", "has_credentials"].includes(says(text)), text);
  }
  assert.equal(says("github.com/a"), "not_a_url");
  assert.equal(says("https://user:secret@github.com/a"), "has_credentials");
});

Deno.test("a private or local host is refused however it is written", () => {
  for (
    const host of [
      "localhost",
      "LOCALHOST.",
      "a.localhost",
      "printer.local",
      "db.internal",
      "nas",
      "nas.home.arpa",
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f.1",
      "0.0.0.0",
      "10.1.2.3",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "169.254.169.254",
      "100.64.0.1",
      "198.18.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[fe80::1]",
      "[fd00::1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
      "[2001:db8::1]",
    ]
  ) {
    assert.equal(says(`https://${host}/x.git`), "private_host", host);
  }
});

Deno.test("a host that is allowed by name may be private, and speak plain HTTP", () => {
  const allowed = allowedHosts(" localhost:8080 , Git.Lan,");
  assert.deepEqual(allowed, ["localhost:8080", "git.lan"]);
  assert.equal(says("http://localhost:8080/a", allowed), "http://localhost:8080/a");
  assert.equal(says("https://git.lan/a", allowed), "https://git.lan/a");
  assert.equal(says("https://localhost:9090/a", allowed), "private_host");
  assert.deepEqual(allowedHosts(undefined), []);
});
