/**
 * Finds the programs that the runner and its images need, and installs them where that is safe to do unasked: on
 * Debian or Ubuntu, as root or with a `sudo` that asks no password. Everywhere else it says what to type.
 */

import { runCommand } from "./run_command.ts";

/** One program, and the Debian package that has it. */
export interface Program {
  /** Any one of these paths or names is enough. */
  readonly anyOf: readonly string[];
  readonly debianPackage: string;
}

/** Everything that Podman, the agent image and the driver need. */
export const PROGRAMS: readonly Program[] = [
  { anyOf: ["git"], debianPackage: "git" },
  { anyOf: ["podman"], debianPackage: "podman" },
  { anyOf: ["runc", "crun"], debianPackage: "runc" },
  {
    anyOf: ["/usr/lib/podman/netavark", "/usr/libexec/podman/netavark", "netavark"],
    debianPackage: "netavark",
  },
  { anyOf: ["conmon", "/usr/libexec/podman/conmon"], debianPackage: "conmon" },
  { anyOf: ["newuidmap"], debianPackage: "uidmap" },
  { anyOf: ["socat"], debianPackage: "socat" },
  { anyOf: ["tmux"], debianPackage: "tmux" },
  { anyOf: ["busybox"], debianPackage: "busybox-static" },
  { anyOf: ["bash"], debianPackage: "bash" },
  { anyOf: ["/etc/ssl/certs/ca-certificates.crt"], debianPackage: "ca-certificates" },
];

/** Where Debian keeps programs; `PATH` of a service often lacks the sbin ones. */
const PATH_ALWAYS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The path of a program, or null. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = [
    ...(Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== ""),
    ...PATH_ALWAYS,
  ];
  const candidates = name.startsWith("/") ? [name] : folders.map((folder) => `${folder}/${name}`);
  for (const candidate of candidates) {
    const found = await Deno.stat(candidate).catch(() => null);
    if (found?.isFile) return candidate;
  }
  return null;
}

/** What of the machine decides how packages get in; a port, so that tests need no bare machine. */
export interface Machine {
  find(name: string): Promise<string | null>;
  /** `ID` and `ID_LIKE` of os-release, e.g. `["ubuntu", "debian"]`. */
  families(): Promise<readonly string[]>;
  isRoot(): boolean;
  canSudo(): Promise<boolean>;
  /** Runs argv with inherited output and returns its exit code. */
  run(argv: readonly string[]): Promise<number>;
  say(line: string): void;
}

/** Returns the packages it installed (none, on a machine that has all). Throws with the command to type. */
export async function ensurePrograms(
  machine: Machine = thisMachine,
  programs: readonly Program[] = PROGRAMS,
): Promise<readonly string[]> {
  const packages = await missingPackages(machine, programs);
  if (packages.length === 0) return [];
  const families = await machine.families();
  const isDebian = families.includes("debian") || families.includes("ubuntu");
  const prefix = machine.isRoot() ? [] : ["sudo", "-n"];
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (!isDebian) {
    throw new Error(
      `Cannot start as these programs must be installed: current value is missing ${
        packages.join(" ")
      } (Debian's names); install them with this system's package tool`,
    );
  }
  if (prefix.length > 0 && !(await machine.canSudo())) {
    throw new Error(
      `Cannot start as these programs must be installed: type: sudo apt-get update && sudo ${
        install.join(" ")
      }`,
    );
  }
  machine.say(`installing ${packages.join(" ")} with apt-get`);
  const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
  for (const step of [["apt-get", "update"], install]) {
    const code = await machine.run([...prefix, ...env, ...step]);
    if (code !== 0) {
      throw new Error(`Cannot start as \`${step.join(" ")}\` must succeed: current exit code is ${code}`);
    }
  }
  const left = await missingPackages(machine, programs);
  if (left.length > 0) {
    throw new Error(
      `Cannot start as apt-get must have brought every program: current value is missing ${left.join(" ")}`,
    );
  }
  return packages;
}

async function missingPackages(machine: Machine, programs: readonly Program[]): Promise<string[]> {
  const missing: string[] = [];
  for (const program of programs) {
    const found = await Promise.all(program.anyOf.map((name) => machine.find(name)));
    if (found.every((path) => path === null)) missing.push(program.debianPackage);
  }
  return missing;
}

/** The real machine. */
export const thisMachine: Machine = {
  find: findProgram,
  async families() {
    const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
    return [...text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap((match) =>
      match[1]!.replaceAll('"', "").split(" ")
    );
  },
  isRoot: () => Deno.uid() === 0,
  canSudo: async () => (await runCommand("sudo", ["-n", "true"])).code === 0,
  async run(argv) {
    const [program, ...args] = argv;
    return (await new Deno.Command(program!, { args, stdin: "null", stdout: "inherit", stderr: "inherit" })
      .spawn().status).code;
  },
  say: (line) => console.log(`[setup] ${line}`),
};
