import assert from "node:assert/strict";
import { judgeSandbox } from "./sandbox_report.ts";

const EXPECTED = {
  networkProfile: "sealed" as const,
  shadows: ["/workspace/.af", "/workspace/none"],
  mountPoints: ["/workspace", "/tmp"],
  uid: 1000,
};

const PROCESS = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((name) => `${name}:\t0000000000000000`)
  .concat("NoNewPrivs:\t1", "Seccomp:\t2");
const GOOD = [
  "#id 1000 1000",
  "#map          0     200000      65536",
  ...PROCESS.flatMap((line) => [`#proc 1 ${line}`, `#proc self ${line}`]),
  "#net lo",
  "#mount / ro,relatime",
  "#mount /proc rw",
  "#mount /proc/sys ro",
  "#mount /dev/pts rw",
  "#mount /etc/hosts rw",
  "#mount /workspace rw",
  "#mount /workspace/.af ro",
  "#mount /tmp rw",
  "#shadow hidden /workspace/.af",
  "#shadow absent /workspace/none",
  "#end",
];
const judge = (lines: readonly string[], change: Partial<typeof EXPECTED> = {}) =>
  judgeSandbox(lines.join("\n"), { ...EXPECTED, ...change });
const without = (line: string) => GOOD.filter((one) => !one.startsWith(line));

Deno.test("judgeSandbox finds nothing wrong with what is as it should be", () => {
  assert.deepEqual(judge(GOOD), []);
});

for (
  const [what, lines, fault] of [
    ["another user", [...without("#id"), "#id 0 0"], "it runs as uid 0, not 1000"],
    ["the machine's own ids", [...GOOD, "#map 0 0 4294967295"], "it has no user namespace of its own"],
    [
      "a capability",
      [...without("#proc self CapBnd"), "#proc self CapBnd:\t0000000000000400"],
      "process self has capabilities: CapBnd is 0000000000000400",
    ],
    ["no seccomp", without("#proc 1 Seccomp"), "process 1 has no seccomp filter"],
    ["new privileges", without("#proc self NoNew"), "process self may gain privileges"],
    ["an interface", [...GOOD, "#net eth0"], "it has the network interface eth0"],
    ["a route", [...GOOD, "#route eth0 00000000"], "it has a route to a network"],
    ["a root that is writable", [...GOOD, "#wrote"], "its root can be written to"],
    [
      "a mount",
      [...GOOD, "#mount /host\\040files rw"],
      "something is mounted at /host files that nobody asked for",
    ],
    [
      "a shadow that copied",
      [...without("#shadow hidden"), "#shadow visible /workspace/.af"],
      "/workspace/.af can be seen",
    ],
    ["a report that was cut", without("#end"), "the self-test did not come to its end"],
  ] as const
) {
  Deno.test(`judgeSandbox finds ${what}`, () => {
    assert.deepEqual(judge(lines), [fault]);
  });
}

Deno.test("judgeSandbox takes what is not said for a fault, and shows a bounded number of them", () => {
  const faults = judge([]);
  assert.equal(faults.length, 9);
  assert.match(faults.at(-1)!, /^and \d+ more$/);
  assert.deepEqual(judge(without("#shadow")).length, 2);
});

Deno.test("judgeSandbox lets an open sandbox have a network", () => {
  assert.deepEqual(
    judgeSandbox([...GOOD, "#net eth0", "#route x"].join("\n"), { ...EXPECTED, networkProfile: "open" }),
    [],
  );
});
