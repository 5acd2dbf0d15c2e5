/** The admin token of a control plane on this machine. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { TOKEN_BYTES } from "../../protocol/limits.ts";

const OWNER_ONLY = 0o600;

/**
 * `SHOPFLOOR_ADMIN_TOKEN` when it is set; else the token in `DIR/admin_token`, which is generated (256 bits, mode 0600)
 * when it is not there.
 */
export async function ensureAdminToken(dataDir: string): Promise<string> {
  const given = Deno.env.get("SHOPFLOOR_ADMIN_TOKEN") ?? "";
  if (given !== "") return given;
  const path = join(dataDir, "admin_token");
  try {
    return await readToken(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(dataDir, { recursive: true });
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  try {
    await Deno.writeTextFile(path, `${token}\n`, { createNew: true, mode: OWNER_ONLY });
    return token;
  } catch (error) {
    // Another start was faster.
    if (error instanceof Deno.errors.AlreadyExists) return await readToken(path);
    throw error;
  }
}

async function readToken(path: string): Promise<string> {
  const token = (await Deno.readTextFile(path)).trim();
  if (token === "") {
    throw new Error(`Cannot use ${path} as it must hold a token: it is empty. Remove it to get a new one`);
  }
  return token;
}
