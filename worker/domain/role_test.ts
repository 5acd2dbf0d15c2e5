/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { scope } from "../../protocol/line/token.ts";
import { parseRoles, personName, type Role, roleMay, roleOf, ROLES } from "./role.ts";

function rulesOf(text: string) {
  const rules = parseRoles(text);
  assert.ok(rules.ok, text);
  return rules.value;
}

Deno.test("the first rule that matches an identity gives its role, whatever the case", () => {
  const rules = rulesOf(
    " github:Ada=admin, access:bob@example.org=approver,access:*@Example.org = operator, github:*=viewer ",
  );
  const rows: ["github" | "access", string, Role | null][] = [
    ["github", "ada", "admin"],
    ["github", "ADA", "admin"],
    ["github", "adam", "viewer"],
    ["access", "bob@example.org", "approver"],
    ["access", "Carol@example.org", "operator"],
    ["access", "carol@sub.example.org", null],
    ["access", "carol@example.org.evil.test", null],
    ["access", "ada", null],
  ];
  for (const [provider, subject, role] of rows) {
    assert.equal(roleOf(rules, provider, subject), role, `${provider}:${subject}`);
  }
  assert.equal(roleOf(rulesOf("*=viewer, github:ada=admin"), "github", "ada"), "viewer");
  assert.equal(roleOf(rulesOf(""), "github", "ada"), null);
  assert.equal(roleOf(rulesOf("*=viewer"), "access", "x@y"), "viewer");
});

Deno.test("one entry that cannot be read refuses them all, and is named", () => {
  for (
    const entry of [
      "ada=admin",
      "github:ada",
      "github:ada=root",
      "github:=admin",
      "gitlab:ada=admin",
      "access:bob=admin",
      "github:a*=admin",
      "access:*=admin=viewer",
      "=admin",
    ]
  ) {
    const rules = parseRoles(`*=viewer, ${entry}`);
    assert.deepEqual(rules, { ok: false, error: { reason: "roles_unreadable", entry } });
  }
});

Deno.test("what each role may do", () => {
  const may = Object.fromEntries(
    ROLES.map((role) => [role, scope.options.filter((one) => roleMay(role, one))]),
  );
  assert.deepEqual(may, {
    viewer: ["tasks:read"],
    operator: ["tasks:read", "tasks:write", "runs:dispatch", "runners:write"],
    approver: ["tasks:read", "gates:decide"],
    admin: scope.options,
  });
});

Deno.test("a person's name is an identity that documents of people know, and none of a token's", () => {
  assert.equal(personName("github", "ada"), "github:ada");
  assert.equal(personName("access", "bob@example.org"), "mail:bob@example.org");
});
