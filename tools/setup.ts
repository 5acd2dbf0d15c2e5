/**
 * `deno task setup`: everything that the tests and the runner need on this machine, ahead of time. The demo does the same
 * by itself, as far as it needs it. A second run finds all of it and changes nothing.
 */
import { Command } from "commander";
import { PREPARED_HARNESSES, prepareSandbox } from "./local/sandbox.ts";
import { repositoryPath, userPath } from "./local/paths.ts";
import { ensurePrograms, PROGRAMS, thisMachine } from "./setup/programs.ts";

/** Podman's bridges need it: the network profile `open`, which nobody has unless a runner allows it by name. */
const PACKET_FILTER = { anyOf: ["iptables"], debianPackage: "iptables" };
/** Any of these shows the board in the browser tests. */
const BROWSER = {
  anyOf: [
    "chromium",
    "chromium-headless-shell",
    "google-chrome",
    "/usr/lib/chromium/chromium-headless-shell",
  ],
  debianPackage: "chromium-headless-shell",
};

const options = new Command("deno task setup")
  .description(
    "Installs what is missing (git, podman, a packet filter, a browser: with apt, as root or with a password-less sudo), finds the Podman " +
      "settings that work here, and builds the agent images. Says what it does; changes nothing when all is there.",
  )
  .option("--data <dir>", "where images and settings are kept", repositoryPath(".shopfloor"))
  .option("--no-browser", "without the browser of the tests")
  .option("--no-bridge", "without what the network profile 'open' needs")
  .option("--no-images", "without Podman's settings and the agent images")
  .parse(Deno.args, { from: "user" })
  .opts<{ data: string; browser: boolean; bridge: boolean; images: boolean }>();

const say = (line: string) => console.log(`[setup] ${line}`);
const installed = await ensurePrograms(thisMachine, [
  ...PROGRAMS,
  ...(options.bridge && Deno.uid() === 0 ? [PACKET_FILTER] : []),
  ...(options.browser ? [BROWSER] : []),
]);
say(installed.length === 0 ? "programs: all there" : `programs: installed ${installed.join(" ")}`);
if (options.images) {
  for (const harness of PREPARED_HARNESSES) {
    const sandbox = await prepareSandbox({ dataDir: userPath(options.data), harness, say });
    say(`image for ${harness}: ${sandbox.image}`);
    await sandbox.stop();
  }
}
