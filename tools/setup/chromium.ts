/** The browser of the browser tests: Debian's Chromium, driven through playwright-core, which downloads nothing. */
import { ensurePrograms, findProgram, type Program } from "./programs.ts";

/** Any of these will do; the first is the smallest, and is what gets installed. */
export const CHROMIUM: Program = {
  anyOf: [
    "chromium-headless-shell",
    "/usr/lib/chromium/chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
  ],
  debianPackage: "chromium-headless-shell",
};

/** The path of a Chromium, installed with apt where there is none and that is safe. Throws with the command to type. */
export async function ensureChromium(): Promise<string> {
  await ensurePrograms(undefined, [CHROMIUM]);
  for (const name of CHROMIUM.anyOf) {
    const path = await findProgram(name);
    if (path !== null) return path;
  }
  throw new Error("Cannot open a browser as Chromium must be on the PATH: current value is none");
}
