/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { publicUrl } from "./public_url.ts";

const says = (text: string, allowed: readonly string[] = []) => {
  const url = publicUrl(text, allowed);
  return url.ok ? url.value.href : url.error.reason;
};

Deno.test("a public address over HTTPS may be asked, with its query", () => {
  assert.equal(says("https://example.org/hook?team=1#x"), "https://example.org/hook?team=1");
  assert.equal(says("https://example.org:8443/hook"), "https://example.org:8443/hook");
  for (
    const host of [
      "1.1.1.1",
      "99.255.255.255",
      "100.63.0.1",
      "100.128.0.1",
      "172.15.0.1",
      "172.32.0.1",
      "223.255.255.255",
    ]
  ) {
    assert.equal(says(`https://${host}/`), `https://${host}/`);
  }
});

Deno.test("nothing private, local, shared, mapped, translated or reserved may be asked, however it is written", () => {
  const hosts = [
    ...["localhost", "localhost.", "LOCALHOST", "hook.localhost", "nas", "printer.local", "vault.internal"],
    ...["metadata.google.internal", "gateway.home.arpa", "db.corp", "x.lan", "x.test"],
    ...["127.0.0.1", "127.255.255.254", "127.1", "0x7f000001", "017700000001", "2130706433", "0", "0.0.0.0"],
    ...["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "0xa9fea9fe"],
    ...[
      "100.64.0.1",
      "100.127.255.255",
      "192.0.0.1",
      "192.0.2.1",
      "198.18.0.1",
      "198.51.100.1",
      "203.0.113.1",
    ],
    ...["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
    ...[
      "[::]",
      "[::1]",
      "[::ffff:10.0.0.1]",
      "[::ffff:7f00:1]",
      "[::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[64:ff9b:1::1]",
    ],
    ...[
      "[fe80::1]",
      "[fec0::1]",
      "[fc00::1]",
      "[fd00:ec2::254]",
      "[ff02::1]",
      "[2002:7f00:1::]",
      "[2001::1]",
      "[2001:db8::1]",
      "[2001:2::1]",
      "[2001:10::1]",
      "[3fff::1]",
      "[3fff:fff::1]",
      "192.88.99.1",
      "kubernetes.default.svc",
      "x.localdomain",
      "x.onion",
    ],
  ];
  for (const host of hosts) assert.equal(says(`https://${host}/latest/meta-data`), "private_host", host);
});

Deno.test("other schemes, credentials and what is no address are refused, and no list of hosts changes that", () => {
  const allowed = ["localhost", "example.org"];
  assert.equal(says("http://example.com/"), "not_https");
  for (
    const text of [
      "file:///etc/passwd",
      "ftp://localhost/",
      "gopher://localhost/",
      "data:text/plain,x",
      "javascript:1",
    ]
  ) {
    assert.equal(says(text, allowed), "not_https", text);
  }
  assert.equal(says("https://user@example.org/", allowed), "has_credentials");
  assert.equal(says("https://:secret@localhost/", allowed), "has_credentials");
  for (const text of ["", "example.org", "https://", "//example.org"]) {
    assert.equal(says(text, allowed), "not_a_url");
  }
});

Deno.test("a private host is allowed by its very name, with its port if that is named, also over plain HTTP", () => {
  assert.equal(says("http://127.0.0.1:8080/hook", ["127.0.0.1:8080"]), "http://127.0.0.1:8080/hook");
  assert.equal(says("http://127.0.0.1:8081/hook", ["127.0.0.1:8080"]), "not_https");
  assert.equal(says("https://127.0.0.1:8081/hook", ["127.0.0.1:8080"]), "private_host");
  assert.equal(says("http://hooks.lan/", ["hooks.lan"]), "http://hooks.lan/");
  assert.equal(says("https://other.hooks.lan/", ["hooks.lan"]), "private_host");
  assert.equal(says("http://[::1]:9/", ["[::1]"]), "http://[::1]:9/");
});
