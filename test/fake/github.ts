/**
 * The part of GitHub that signs people in, as strict as the real one: codes work once and for the client, address and
 * PKCE challenge that they were made for. Shaped as a GitHub Enterprise Server, whose API is below `/api/v3`.
 */
import { createHash } from "node:crypto";

export const CLIENT_ID = "Iv1.test";
export const CLIENT_SECRET = "client-secret-of-the-fake-github";

interface Grant {
  readonly login: string;
  readonly redirectUri: string;
  readonly challenge: string;
}

export interface FakeGitHub extends AsyncDisposable {
  readonly url: string;
  /** The Worker's variables that go with it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Who sits at the browser; null: they refuse. */
  login: string | null;
  /** What the token's answer is instead of the right one. */
  tokenAnswer: (() => Response) | null;
  /** What came in, in order: method and path. */
  readonly calls: string[];
}

/** Listens on this machine. */
export function startGitHub(): FakeGitHub {
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, string>();
  const calls: string[] = [];
  let made = 0;

  function authorize(url: URL): Response {
    const asked = Object.fromEntries(url.searchParams);
    const { redirect_uri, state, code_challenge, code_challenge_method, client_id } = asked;
    if (
      client_id !== CLIENT_ID || code_challenge_method !== "S256" || !redirect_uri || !state ||
      !code_challenge
    ) {
      return new Response("bad request", { status: 400 });
    }
    const back = new URL(redirect_uri);
    back.searchParams.set("state", state);
    if (github.login === null) back.searchParams.set("error", "access_denied");
    else {
      const code = `code-${++made}`;
      codes.set(code, { login: github.login, redirectUri: redirect_uri, challenge: code_challenge });
      back.searchParams.set("code", code);
    }
    // A person presses a button on a page of GitHub.
    const page = `<!doctype html><title>GitHub</title><a id="go" href="${
      back.href.replaceAll("&", "&amp;")
    }">Authorize</a>`;
    return new Response(page, { headers: { "content-type": "text/html" } });
  }

  async function exchange(request: Request): Promise<Response> {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    const grant = codes.get(form["code"] ?? "");
    codes.delete(form["code"] ?? "");
    const challenge = createHash("sha256").update(form["code_verifier"] ?? "").digest("base64url");
    const isRight = grant !== undefined && form["client_id"] === CLIENT_ID &&
      form["client_secret"] === CLIENT_SECRET && form["redirect_uri"] === grant.redirectUri &&
      challenge === grant.challenge;
    if (github.tokenAnswer !== null) return github.tokenAnswer();
    // The real one refuses with status 200.
    if (!isRight) return Response.json({ error: "bad_verification_code" });
    const token = `gho_${++made}`;
    tokens.set(token, grant.login);
    return Response.json({ access_token: token, token_type: "bearer", scope: "" });
  }

  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    calls.push(`${request.method} ${url.pathname}`);
    if (url.pathname === "/login/oauth/authorize") return authorize(url);
    if (url.pathname === "/login/oauth/access_token" && request.method === "POST") {
      return await exchange(request);
    }
    if (url.pathname === "/api/v3/user") {
      const login = tokens.get((request.headers.get("authorization") ?? "").replace("Bearer ", ""));
      if (!request.headers.get("user-agent")) return new Response("a user agent is needed", { status: 403 });
      return login === undefined
        ? new Response("bad credentials", { status: 401 })
        : Response.json({ login, id: 1 });
    }
    return new Response("not found", { status: 404 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const github: FakeGitHub = {
    url,
    variables: {
      SHOPFLOOR_GITHUB_CLIENT_ID: CLIENT_ID,
      SHOPFLOOR_GITHUB_CLIENT_SECRET: CLIENT_SECRET,
      SHOPFLOOR_GITHUB_URL: url,
    },
    login: "Ada",
    tokenAnswer: null,
    calls,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return github;
}
