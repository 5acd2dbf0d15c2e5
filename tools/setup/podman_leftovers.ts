/**
 * Processes of Podman's own that outlive what they were for. After a program that was run beside a container's command, its
 * conmon stays some seconds for whoever asks how it ended (`podman_choice.ts`), then starts a Podman that cleans up after it;
 * and each Podman that root starts mounts the storage onto itself and leaves it so.
 *
 * 1. Only processes whose command line names our storage are touched, and a conmon only when its container is no more: then
 *    there is nothing to clean up.
 * 2. A clean-up that is under way is waited for, never cut.
 */

/** A clean-up is one start of Podman. */
const CLEAN_UP_MAX_MS = 10_000;
const POLL_MS = 20;

/** Returns once nothing will mount the storage again for a container that is no more. */
export async function endLeftovers(storageRoot: string, containerIds: ReadonlySet<string>): Promise<void> {
  const deadlineMs = performance.now() + CLEAN_UP_MAX_MS;
  for (;;) {
    const found = (await processes()).filter(({ argv }) => argv.includes(storageRoot));
    const keepers = found.filter(({ argv }) => isLeftKeeper(argv, containerIds));
    for (const { pid } of keepers) kill(pid);
    const isBusy = keepers.length > 0 || found.some(({ argv }) => isCleanUp(argv, containerIds));
    if (!isBusy || performance.now() > deadlineMs) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The conmon of a program beside the command of a container that is no more. */
export function isLeftKeeper(argv: readonly string[], containerIds: ReadonlySet<string>): boolean {
  if (!argv[0]?.endsWith("conmon") || !argv.includes("--exec-attach")) return false;
  return !containerIds.has(argv[argv.indexOf("-c") + 1] ?? "");
}

/** `podman [options] container cleanup [options] ID` of a container that is no more. */
export function isCleanUp(argv: readonly string[], containerIds: ReadonlySet<string>): boolean {
  const at = argv.indexOf("cleanup");
  return argv[0]?.endsWith("podman") === true && at > 0 && argv[at - 1] === "container" &&
    !containerIds.has(argv.at(-1)!);
}

interface Process {
  readonly pid: number;
  readonly argv: readonly string[];
}

async function processes(): Promise<readonly Process[]> {
  const found: Process[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => ""); // it has ended
    if (text !== "") found.push({ pid: Number(name), argv: text.split("\0").slice(0, -1) });
  }
  return found;
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
  }
}
