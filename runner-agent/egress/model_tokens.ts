/**
 * Short-lived tokens of models, minted on this machine: by a command of the operator's, or with a service account of Google's.
 *
 * 1. One is minted at a time, and used until a minute before its end; one that the provider refused is not used again.
 * 2. After a failure none is minted for a while: agents try again at once.
 * 3. No error has a token, a key, or anything that a command printed in it (S1).
 */
import { isGood, type ModelToken, readToken } from "../domain/model_token.ts";
import { MODEL_TOKEN_AGAIN_MS, MODEL_TOKEN_COMMAND_MS, MODEL_TOKEN_MAX_BYTES } from "../limits.ts";
import type { Clock, ModelTokens } from "../ports.ts";

export type MintToken = () => Promise<ModelToken>;

/** With a cache over `mint`. */
export function createModelTokens(mint: MintToken, clock: Pick<Clock, "nowMs">): ModelTokens {
  let kept: ModelToken | null = null;
  let minting: Promise<ModelToken> | null = null;
  let failed: { readonly error: unknown; readonly atMs: number } | null = null;

  async function minted(): Promise<ModelToken> {
    try {
      kept = await mint();
      failed = null;
      return kept;
    } catch (error) {
      failed = { error, atMs: clock.nowMs() };
      throw error;
    } finally {
      minting = null;
    }
  }

  return {
    async current() {
      if (kept !== null && isGood(kept, clock.nowMs())) return kept.token;
      if (failed !== null && clock.nowMs() < failed.atMs + MODEL_TOKEN_AGAIN_MS) throw failed.error;
      return (await (minting ??= minted())).token;
    },
    drop(token) {
      if (kept?.token === token) kept = null;
    },
  };
}

/** By a shell command of the operator's. @param name What it is called in errors. */
export function byCommand(
  name: string,
  command: string,
  env: Readonly<Record<string, string>>,
  clock: Pick<Clock, "nowMs">,
): MintToken {
  return async () => {
    const child = new Deno.Command("sh", {
      args: ["-c", command],
      env: { ...env },
      clearEnv: true,
      // The leader of a group: what it starts ends with it, and lets go of its output.
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      kill(child);
    }, MODEL_TOKEN_COMMAND_MS);
    try {
      const printed = await boundedText(child.stdout, () => kill(child));
      const { success, code } = await child.status;
      if (isLate) throw broken(name, `it must end within ${MODEL_TOKEN_COMMAND_MS / 1_000} s`);
      if (printed === null) throw broken(name, `it must print at most ${MODEL_TOKEN_MAX_BYTES} bytes`);
      if (!success) throw broken(name, `it must end with 0: it ended with ${code}`);
      const read = readToken(printed, clock.nowMs());
      if (!read.ok) throw broken(name, read.error);
      return read.value;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** What a key file of a service account must have. */
interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly token_uri: string;
}

const CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_SECONDS = 3_600;

/** By the key file of a service account (RFC 7523): a signed assertion for an access token. */
export function byServiceAccount(path: string, clock: Pick<Clock, "nowMs">): MintToken {
  const name = "GOOGLE_APPLICATION_CREDENTIALS";
  return async () => {
    const account = await readAccount(name, path);
    const assertion = await signedAssertion(name, account, Math.floor(clock.nowMs() / 1_000));
    let answer: Response;
    try {
      answer = await fetch(account.token_uri, {
        method: "POST",
        body: new URLSearchParams({ grant_type: JWT_BEARER, assertion }),
        redirect: "error",
        signal: AbortSignal.timeout(MODEL_TOKEN_COMMAND_MS),
      });
    } catch {
      throw broken(name, `${new URL(account.token_uri).host} must answer: it does not`);
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      throw broken(name, `${new URL(account.token_uri).host} must take it: it answered ${answer.status}`);
    }
    const said = await answer.json() as { readonly access_token?: unknown; readonly expires_in?: unknown };
    const read = readToken(
      JSON.stringify({ token: said.access_token, expiresInSeconds: said.expires_in }),
      clock.nowMs(),
    );
    if (!read.ok) throw broken(name, "the answer must have an access token");
    return read.value;
  };
}

async function readAccount(name: string, path: string): Promise<ServiceAccount> {
  let read: Partial<ServiceAccount> & { readonly type?: unknown };
  try {
    read = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw broken(name, `it must name a JSON file (${error instanceof Error ? error.name : "unreadable"})`);
  }
  const { type, client_email, private_key, token_uri } = read;
  const isWhole = type === "service_account" && typeof client_email === "string" &&
    typeof private_key === "string" && typeof token_uri === "string" &&
    /^https?:$/.test(URL.parse(token_uri)?.protocol ?? "");
  if (isWhole) return { client_email, private_key, token_uri };
  throw broken(
    name,
    `it must be the key of a service account: its type is ${typeof type === "string" ? type : "missing"}; ` +
      "for others there is the token command, such as 'gcloud auth application-default print-access-token'",
  );
}

async function signedAssertion(name: string, account: ServiceAccount, nowS: number): Promise<string> {
  const part = (value: unknown) => base64Url(new TextEncoder().encode(JSON.stringify(value)));
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${
    part({
      iss: account.client_email,
      scope: CLOUD_SCOPE,
      aud: account.token_uri,
      iat: nowS,
      exp: nowS + ASSERTION_SECONDS,
    })
  }`;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  try {
    const der = Uint8Array.fromBase64(account.private_key.replaceAll(/-----[^-]+-----|\s/g, ""));
    const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    const signature = await crypto.subtle.sign(algorithm.name, key, new TextEncoder().encode(text));
    return `${text}.${base64Url(new Uint8Array(signature))}`;
  } catch {
    throw broken(name, "its private key must be one of RSA in PKCS #8");
  }
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function kill(child: Deno.ChildProcess): void {
  try {
    Deno.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Null: there was more. */
async function boundedText(
  stream: ReadableStream<Uint8Array>,
  onTooMuch: () => void,
): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MODEL_TOKEN_MAX_BYTES) {
      onTooMuch();
      return null;
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function broken(name: string, expectation: string): Error {
  return new Error(`Cannot get a token by ${name} as ${expectation}`);
}
