import assert from "node:assert/strict";
import { ensurePrograms, type Machine, type Program } from "./programs.ts";

const PROGRAMS: Program[] = [
  { anyOf: ["git"], debianPackage: "git" },
  { anyOf: ["runc", "crun"], debianPackage: "runc" },
  { anyOf: ["socat"], debianPackage: "socat" },
];

/** A machine whose apt brings what is asked for. */
function fakeMachine(
  options: { has: string[]; families?: string[]; isRoot?: boolean; canSudo?: boolean; aptFails?: boolean },
) {
  const has = new Set(options.has);
  const ran: string[] = [];
  const said: string[] = [];
  const machine: Machine = {
    find: (name) => Promise.resolve(has.has(name) ? `/usr/bin/${name}` : null),
    families: () => Promise.resolve(options.families ?? ["debian"]),
    isRoot: () => options.isRoot ?? true,
    canSudo: () => Promise.resolve(options.canSudo ?? false),
    run(argv) {
      ran.push(argv.join(" "));
      if (options.aptFails) return Promise.resolve(100);
      for (const word of argv) has.add(word);
      return Promise.resolve(0);
    },
    say: (line) => said.push(line),
  };
  return { machine, ran, said };
}

Deno.test("ensurePrograms touches nothing on a machine that has all, with either container runtime", async () => {
  const { machine, ran, said } = fakeMachine({ has: ["git", "crun", "socat"] });
  assert.deepEqual(await ensurePrograms(machine, PROGRAMS), []);
  assert.deepEqual([ran, said], [[], []]);
});

Deno.test("ensurePrograms says one line, updates and installs only what is missing on Debian as root", async () => {
  const { machine, ran, said } = fakeMachine({ has: ["git"] });
  assert.deepEqual(await ensurePrograms(machine, PROGRAMS), ["runc", "socat"]);
  assert.deepEqual(said, ["installing runc socat with apt-get"]);
  assert.deepEqual(ran, [
    "env DEBIAN_FRONTEND=noninteractive apt-get update",
    "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends runc socat",
  ]);
});

Deno.test("ensurePrograms uses a sudo that asks nothing, and without one gives the command to type", async () => {
  const withSudo = fakeMachine({
    has: ["git", "runc"],
    isRoot: false,
    canSudo: true,
    families: ["ubuntu", "debian"],
  });
  await ensurePrograms(withSudo.machine, PROGRAMS);
  assert.match(withSudo.ran[1]!, /^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install .* socat$/);
  const without = fakeMachine({ has: ["git", "runc"], isRoot: false });
  await assert.rejects(
    ensurePrograms(without.machine, PROGRAMS),
    /type: sudo apt-get update && sudo apt-get install -y --no-install-recommends socat$/,
  );
  assert.deepEqual(without.ran, []);
});

Deno.test("ensurePrograms installs nothing on a system it does not know, and fails when apt does", async () => {
  const other = fakeMachine({ has: ["git", "runc"], families: ["fedora"] });
  await assert.rejects(ensurePrograms(other.machine, PROGRAMS), /missing socat/);
  assert.deepEqual(other.ran, []);
  await assert.rejects(
    ensurePrograms(fakeMachine({ has: [], aptFails: true }).machine, PROGRAMS),
    /apt-get update` must succeed/,
  );
});
