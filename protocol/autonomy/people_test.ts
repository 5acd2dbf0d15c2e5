import assert from "node:assert/strict";
import { documentsBody, peopleDocuments } from "./people.ts";

const ada = { name: "ada" };
const level = (to: string) => ({ to: [to], leaveAfterMinutes: 5 });
const layer = { people: ["ada"], startsAt: "2026-11-16T00:00:00Z", turnMinutes: 60 };

/** `path: message` of everything that is wrong. */
function faults(documents: unknown): string[] {
  const { error } = peopleDocuments.safeParse(documents);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("a name that no document defines is refused with its path", () => {
  assert.deepEqual(
    faults({
      people: [{ name: "ada", away: { until: 5, to: "zed" } }],
      schedules: [{
        name: "primary",
        layers: [{ ...layer, people: ["ada", "yan"] }],
        overrides: [{ from: 1, until: 2, person: "xia" }],
      }],
      policies: [{
        name: "two",
        owner: "user:zed",
        candidates: { users: ["user:zed", "user:ada", "user:admin"], groups: ["owners"] },
        exclude: ["runner:any", "user:zed"],
        delegableTo: ["user:zed"],
        levels: [
          level("schedule:primary"),
          { to: ["user:ada", "schedule:secondary"], leaveAfterMinutes: 1 },
          level("group:none"),
        ],
      }],
      gates: [{ line: "*", gate: "*", policy: "one" }],
    }),
    [
      "people.0.away.to: expected a person of these documents, came 'zed'",
      "schedules.0.layers.0.people.1: expected a person of these documents, came 'yan'",
      "schedules.0.overrides.0.person: expected a person of these documents, came 'xia'",
      "policies.0.candidates.users.0: expected a person of these documents, came 'zed'",
      "policies.0.candidates.groups.0: expected a group of these documents, came 'owners'",
      "policies.0.exclude.1: expected a person of these documents, came 'zed'",
      "policies.0.delegableTo.0: expected a person of these documents, came 'zed'",
      "policies.0.owner: expected a person of these documents, came 'zed'",
      "policies.0.levels.1.to.1: expected a schedule of these documents, came 'secondary'",
      "policies.0.levels.2.to.0: expected a group of these documents, came 'none'",
      "gates.0.policy: expected a policy of these documents, came 'one'",
    ],
  );
});

Deno.test("no clock approves: other words than reject, cancel and block are refused", () => {
  for (const onExpiry of ["approve", "done", "verified", ""]) {
    assert.deepEqual(faults({ policies: [{ name: "p", clocks: { onExpiry } }] }), [
      "policies.0.clocks.onExpiry: expected 'reject', 'cancel' or 'block': a clock never approves anything",
    ]);
  }
});

Deno.test("a name, and an identity in any case of its letters, belongs to one only; nobody stands in for themselves", () => {
  assert.deepEqual(
    faults({
      people: [
        { name: "ada", identities: ["github:Ada"], away: { until: 5, to: "ada" } },
        { name: "bob", identities: ["github:ada"] },
        ada,
      ],
    }),
    [
      "people.2.name: expected a name that no other has, came 'ada' twice",
      "people.1.identities.0: expected an identity of one person only, 'github:ada' is that of 'ada'",
      "people.0.away.to: expected somebody else, came 'ada'",
    ],
  );
});

Deno.test("what is no document at all is refused: unknown fields, empty turns, windows without an end", () => {
  const bad: unknown[] = [
    null,
    { persons: [] },
    { people: [{ name: "" }] },
    { people: [{ ...ada, channels: [{ kind: "fax", address: "1" }] }] },
    { people: [{ ...ada, channels: [{ kind: "webhook", address: "ftp://example.org" }] }] },
    { people: [{ ...ada, identities: ["user:ada"] }] },
    { people: [ada], schedules: [{ name: "s", layers: [] }] },
    { people: [ada], schedules: [{ name: "s", layers: [{ ...layer, turnMinutes: 0 }] }] },
    { people: [ada], schedules: [{ name: "s", layers: [{ ...layer, fromMinute: 5 }] }] },
    { people: [ada], schedules: [{ name: "s", layers: [{ ...layer, fromMinute: 5, toMinute: 5 }] }] },
    { people: [ada], schedules: [{ name: "s", layers: [{ ...layer, days: [7] }] }] },
    {
      people: [ada],
      schedules: [{ name: "s", layers: [layer], overrides: [{ from: 5, until: 5, person: "ada" }] }],
    },
    { policies: [{ name: "p", quorum: { distinct: false } }] },
    { policies: [{ name: "p", quorum: { need: 0 } }] },
    { policies: [{ name: "p", levels: [level("ada")] }] },
    { policies: [{ name: "p", auth: "none" }] },
    { hosts: ["https://example.org"] },
  ];
  for (const documents of bad) assert.notDeepEqual(faults(documents), [], JSON.stringify(documents));
});

Deno.test("documents come back from the wire as they were put", () => {
  const put = {
    people: [{ name: "ada", away: { until: "2026-12-01T00:00:00+01:00", to: "bob" } }, {
      name: "bob",
      groups: ["owners"],
    }],
    schedules: [{
      name: "s",
      layers: [{ ...layer, days: [1], fromMinute: 0, toMinute: 60 }],
      overrides: [{ from: 0, until: 5, person: "bob" }],
    }],
    policies: [{ name: "p", levels: [level("mail:ada@example.org")] }],
    gates: [{ line: "@api", gate: "*", policy: "p" }],
    hosts: ["Localhost:8080", "[::1]"],
  };
  const first = peopleDocuments.parse(put);
  assert.equal(first.people[0]?.away?.untilMs, Date.UTC(2026, 10, 30, 23));
  assert.equal(first.schedules[0]?.layers[0]?.turnMs, 3_600_000);
  assert.deepEqual(first.hosts, ["localhost:8080", "[::1]"]);
  assert.deepEqual(peopleDocuments.parse(documentsBody(first)), first);
});
