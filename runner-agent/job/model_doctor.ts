/** How each agent is let in by the maker of its models, for `runner doctor`. Tokens are minted for real; none is shown (S1). */
import { join } from "node:path";
import { type Environment, findModelAccess } from "../egress/model_access.ts";
import { SESSION_HARNESS_NAMES, sessionHarnessByName } from "../harness/mod.ts";
import type { SessionHarnessName } from "../agent_ports.ts";
import type { Clock, DoctorLine } from "../ports.ts";

/** Rejects for nothing: what goes wrong is a line. */
export async function modelDoctor(
  env: Environment,
  clock: Pick<Clock, "nowMs">,
): Promise<readonly DoctorLine[]> {
  return await Promise.all(SESSION_HARNESS_NAMES.map((name) => lineOf(name, env, clock)));
}

async function lineOf(
  name: SessionHarnessName,
  env: Environment,
  clock: Pick<Clock, "nowMs">,
): Promise<DoctorLine> {
  const found = findModelAccess(sessionHarnessByName(name).provider, env, clock);
  const bad = (detail: string): DoctorLine => ({
    check: `model of ${name}`,
    isOk: false,
    detail,
    disables: `jobs for ${name}`,
  });
  switch (found.kind) {
    case "broken":
      return bad(found.why);
    case "none": {
      const refused = name === "codex" && await hasChatGptLogin(env)
        ? "; Codex is signed in with ChatGPT here, which is not used: its tokens change with each use, so a second user " +
          "of them signs out the first"
        : "";
      return bad(`set ${found.wanted}${refused}`);
    }
    case "found": {
      const { key } = found.access;
      try {
        if (typeof key !== "string") await key.current();
      } catch (error) {
        return bad(`${found.way}: ${error instanceof Error ? error.message : "unknown fault"}`);
      }
      return { check: `model of ${name}`, isOk: true, detail: found.way };
    }
  }
}

/** Whether Codex of this machine's user is signed in so; the file's tokens are not looked at. */
async function hasChatGptLogin(env: Environment): Promise<boolean> {
  const home = env["CODEX_HOME"] || (env["HOME"] ? join(env["HOME"], ".codex") : null);
  if (home === null) return false;
  try {
    const said = JSON.parse(await Deno.readTextFile(join(home, "auth.json"))) as {
      readonly auth_mode?: unknown;
    };
    return said.auth_mode === "chatgpt";
  } catch {
    // No file, or none of Codex's: nobody is signed in.
    return false;
  }
}
