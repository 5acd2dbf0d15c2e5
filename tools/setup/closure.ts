/**
 * The root file system of an image made of this machine's own programs: busybox for the small tools, bash, git,
 * socat, curl when it is here, and every shared library they load. For machines that reach no image registry.
 */

import { findProgram } from "./programs.ts";
import { mustRun, runCommand } from "./run_command.ts";

/** Programs that are copied, with what they load. A missing optional one is left out. */
const PROGRAMS = [
  { name: "bash", isRequired: true },
  { name: "git", isRequired: true },
  { name: "socat", isRequired: true },
  { name: "env", isRequired: true },
  { name: "curl", isRequired: false },
  { name: "tmux", isRequired: true },
] as const;

/** Busybox applets that would hide a better program, or that reach for a network that is not there. */
const APPLETS_LEFT_OUT = new Set(["wget", "nc", "bash", "env"]);
/** Programs of git that load more than git itself. */
const GIT_CORE_PROGRAMS = ["git-remote-http", "git-http-backend", "git-sh-i18n--envsubst"];
/** Loaded by name at run time, so `ldd` does not see them. */
const NAME_SERVICE_LIBRARIES = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];
const GIT_CORE = "/usr/lib/git-core";
const TERMINALS = [
  "t/tmux",
  "t/tmux-256color",
  "x/xterm",
  "x/xterm-256color",
  "s/screen",
  "l/linux",
  "d/dumb",
];

/** Host files whose change means another closure: their paths, sizes and times go into the image's hash. */
export async function closureInputs(): Promise<string[]> {
  const paths = (await Promise.all(["busybox", ...PROGRAMS.map((program) => program.name)].map(findProgram)))
    .filter((path) => path !== null);
  return await Promise.all([...paths, "/etc/ssl/certs/ca-certificates.crt"].map(async (path) => {
    const info = await Deno.stat(await Deno.realPath(path));
    return `${path} ${info.size} ${info.mtime?.getTime()}`;
  }));
}

/** Fills `root`, an empty directory. */
export async function buildClosure(root: string): Promise<void> {
  for (
    const folder of [
      "bin",
      "usr/bin",
      "usr/share",
      "etc/ssl/certs",
      "proc",
      "sys",
      "dev",
      "run/shopfloor",
      "var/tmp",
      "tmp",
    ]
  ) {
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  }
  for (const folder of ["tmp", "var/tmp"]) await Deno.chmod(`${root}/${folder}`, 0o1777);
  await addBusybox(root);
  const copied: string[] = [];
  for (const program of PROGRAMS) {
    const path = await findProgram(program.name);
    if (path === null && program.isRequired) {
      throw new Error(
        `Cannot build the agent image as \`${program.name}\` must be on PATH: current value is missing`,
      );
    }
    if (path === null) continue;
    await Deno.copyFile(await Deno.realPath(path), `${root}/usr/bin/${program.name}`);
    copied.push(path);
  }
  await Deno.symlink("../usr/bin/bash", `${root}/bin/bash`);
  await addGit(root);
  await addLibraries(root, [...copied, ...GIT_CORE_PROGRAMS.map((name) => `${GIT_CORE}/${name}`)]);
  await addText(root);
}

/** Copies the shared libraries that the given programs load, at the paths where they are here. */
export async function addLibraries(root: string, programs: readonly string[]): Promise<void> {
  const libraries = new Set<string>();
  for (const program of programs) {
    const listed = await runCommand("ldd", [program]); // fails for a static program, which loads nothing
    for (const match of listed.stdout.matchAll(/(\/[^\s()]+)/g)) {
      if (match[1]!.includes(".so")) libraries.add(match[1]!);
    }
  }
  const libc = [...libraries].find((path) => /\/libc\.so\.6$/.test(path));
  if (libc !== undefined) {
    for (const name of NAME_SERVICE_LIBRARIES) libraries.add(libc.replace("libc.so.6", name));
  }
  for (const library of libraries) {
    const real = await Deno.realPath(library).catch(() => null); // a name service library that this libc does not have
    if (real === null) continue;
    await Deno.mkdir(`${root}${library}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(real, `${root}${library}`);
  }
}

async function addBusybox(root: string): Promise<void> {
  const busybox = await findProgram("busybox");
  if (busybox === null) {
    throw new Error("Cannot build the agent image as `busybox` must be on PATH: current value is missing");
  }
  await Deno.copyFile(busybox, `${root}/bin/busybox`);
  for (const applet of (await mustRun("list busybox's applets", busybox, ["--list"])).trim().split("\n")) {
    if (applet !== "busybox" && !APPLETS_LEFT_OUT.has(applet)) {
      await Deno.symlink("busybox", `${root}/bin/${applet}`);
    }
  }
}

async function addGit(root: string): Promise<void> {
  await Deno.mkdir(`${root}/usr/lib`, { recursive: true });
  // git-core is one program under a hundred names: links must stay links.
  await mustRun("copy git", "cp", ["-a", GIT_CORE, `${root}/usr/lib/`]);
  await Deno.remove(`${root}${GIT_CORE}/mergetools`, { recursive: true }).catch(() => null); // optional in git's package
  await mustRun("copy git's templates", "cp", ["-a", "/usr/share/git-core", `${root}/usr/share/`]);
}

async function addText(root: string): Promise<void> {
  await Deno.copyFile("/etc/ssl/certs/ca-certificates.crt", `${root}/etc/ssl/certs/ca-certificates.crt`);
  await Deno.writeTextFile(
    `${root}/etc/passwd`,
    "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/bash\n",
  );
  await Deno.writeTextFile(`${root}/etc/group`, "root:x:0:\nagent:x:1000:\n");
  await Deno.writeTextFile(`${root}/etc/nsswitch.conf`, "passwd: files\ngroup: files\nhosts: files\n");
  await copyIfThere("/usr/lib/locale/C.utf8", `${root}/usr/lib/locale/C.utf8`);
  for (const terminal of TERMINALS) {
    for (const folder of ["/usr/share/terminfo", "/lib/terminfo"]) {
      await copyIfThere(`${folder}/${terminal}`, `${root}/usr/share/terminfo/${terminal}`);
    }
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (await Deno.stat(from).catch(() => null) === null) return;
  await Deno.mkdir(to.replace(/\/[^/]*$/, ""), { recursive: true });
  await mustRun(`copy ${from}`, "cp", ["-a", "-L", "-T", from, to]);
}
