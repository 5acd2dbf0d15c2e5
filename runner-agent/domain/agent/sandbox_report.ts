/**
 * What a sandbox says of itself right after its start, before anything of the agent runs in it, and what is wrong with that
 * (Runtime 2.4, 4.1 item 4). Pure: the shell asks (`container/sandbox_gate.ts`), this judges.
 *
 * 1. Everything is judged by what must be there; what nobody asked for is a fault, whatever it is.
 * 2. No report, or one that lacks a part, is a fault.
 */
import type { NetworkProfile } from "../../ports.ts";

/** What the sandbox should be. */
export interface SandboxExpectation {
  readonly networkProfile: NetworkProfile;
  readonly shadows: readonly string[];
  /** Where something was mounted on purpose. */
  readonly mountPoints: readonly string[];
  readonly uid: number;
}

/** The words of one line of the report, `#kind word word ...`. */
type Entry = readonly [kind: string, ...words: string[]];

const CAPABILITY_SETS = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
const PROCESSES = ["1", "self"];
const SECCOMP_FILTER = "2";
const LOOPBACK = "lo";
/** The whole of the machine's ids: there is no user namespace. */
const WHOLE_MAP = ["0", "0", "4294967295"];
/** What container runtimes mount by themselves, alone or below it. */
const OWN_TREES = ["/proc", "/sys", "/dev"];
const OWN_POINTS = new Set([
  "/",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/run/.containerenv",
  "/run/secrets",
]);
const FAULTS_SHOWN_MAX = 8;

/** What is wrong, in words for people; empty when the sandbox is as sealed as it should be. */
export function judgeSandbox(report: string, expected: SandboxExpectation): readonly string[] {
  const entries = entriesOf(report);
  const faults = [
    ...identityFaults(entries, expected.uid),
    ...processFaults(entries),
    ...networkFaults(entries, expected.networkProfile),
    ...mountFaults(entries, expected),
    ...shadowFaults(entries, expected.shadows),
    ...(entries.some(([kind]) => kind === "end") ? [] : ["the self-test did not come to its end"]),
  ];
  return faults.length <= FAULTS_SHOWN_MAX
    ? faults
    : [...faults.slice(0, FAULTS_SHOWN_MAX), `and ${faults.length - FAULTS_SHOWN_MAX} more`];
}

function entriesOf(report: string): readonly Entry[] {
  return report.split("\n").filter((line) => line.startsWith("#")).map((line) =>
    line.slice(1).trim().split(/\s+/) as unknown as Entry
  );
}

function identityFaults(entries: readonly Entry[], uid: number): string[] {
  const id = wordsOf(entries, "id")[0];
  const map = wordsOf(entries, "map");
  return [
    ...(id?.[0] === String(uid) ? [] : [`it runs as uid ${id?.[0] ?? "unknown"}, not ${uid}`]),
    ...(map.length > 0 && !map.some((words) => words.join() === WHOLE_MAP.join())
      ? []
      : ["it has no user namespace of its own"]),
  ];
}

function processFaults(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  for (const process of PROCESSES) {
    const field = (name: string) =>
      wordsOf(entries, "proc").find((words) => words[0] === process && words[1] === `${name}:`)?.[2];
    for (const set of CAPABILITY_SETS) {
      const value = field(set);
      if (value === undefined || !/^0+$/.test(value)) {
        faults.push(`process ${process} has capabilities: ${set} is ${value ?? "unknown"}`);
      }
    }
    if (field("NoNewPrivs") !== "1") faults.push(`process ${process} may gain privileges`);
    if (field("Seccomp") !== SECCOMP_FILTER) faults.push(`process ${process} has no seccomp filter`);
  }
  return faults;
}

function networkFaults(entries: readonly Entry[], profile: NetworkProfile): string[] {
  if (profile === "open") return [];
  const names = wordsOf(entries, "net").map((words) => words[0]!);
  const others = names.filter((name) => name !== LOOPBACK);
  return [
    ...(names.includes(LOOPBACK) ? [] : ["its network interfaces are not known"]),
    ...others.map((name) => `it has the network interface ${name}`),
    ...(wordsOf(entries, "route").length === 0 ? [] : ["it has a route to a network"]),
  ];
}

function mountFaults(entries: readonly Entry[], expected: SandboxExpectation): string[] {
  const wanted = new Set([...expected.mountPoints, ...expected.shadows]);
  const mounts = wordsOf(entries, "mount").map(([point = "", options = ""]) => ({
    point: point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))),
    options: options.split(","),
  }));
  const isOwn = (point: string) =>
    OWN_POINTS.has(point) || OWN_TREES.some((tree) => point === tree || point.startsWith(`${tree}/`));
  const root = mounts.find(({ point }) => point === "/");
  const hasReadOnlyRoot = root?.options.includes("ro") === true && wordsOf(entries, "wrote").length === 0;
  return [
    ...(hasReadOnlyRoot ? [] : ["its root can be written to"]),
    ...mounts.filter(({ point }) => !isOwn(point) && !wanted.has(point))
      .map(({ point }) => `something is mounted at ${point} that nobody asked for`),
  ];
}

function shadowFaults(entries: readonly Entry[], shadows: readonly string[]): string[] {
  return shadows.flatMap((path) => {
    const states = wordsOf(entries, "shadow").filter((words) => words[1] === path).map((words) => words[0]);
    if (states.length === 1 && (states[0] === "hidden" || states[0] === "absent")) return [];
    return [states[0] === "visible" ? `${path} can be seen` : `whether ${path} is hidden is not known`];
  });
}

function wordsOf(entries: readonly Entry[], kind: string): readonly (readonly string[])[] {
  return entries.filter((entry) => entry[0] === kind).map((entry) => entry.slice(1));
}
