/** Signing in by GitHub and by Cloudflare Access, in real workerd against fakes that are as strict as the real ones. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { deriveSessionKey, signProof } from "../../worker/domain/session.ts";
import { base64Url, encode, startAccess } from "../fake/access.ts";
import { startGitHub } from "../fake/github.ts";
import { ADMIN_TOKEN, startPlane, type TestPlane } from "../fake/plane.ts";

const ROLES = "github:ada=operator, access:bob@example.org=approver, github:root=admin";

/** What a browser keeps of an answer. */
function cookiesOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    headers.getSetCookie().map((line) => line.split(";")[0]!.split("=", 2) as [string, string]),
  );
}

function cookieHeader(cookies: Record<string, string>): Record<string, string> {
  return { cookie: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join("; ") };
}

/** Goes to GitHub and back; the answer to the way back. */
async function goByGitHub(plane: TestPlane, next = "/p/acme/site") {
  const away = await plane.call("GET", `/signin/github?next=${encodeURIComponent(next)}`, { token: null });
  assert.equal(away.status, 303);
  const there = await (await fetch(away.headers.get("location")!)).text();
  const back = new URL(/href="([^"]+)"/.exec(there)![1]!.replaceAll("&amp;", "&"));
  const kept = cookiesOf(away.headers);
  const call = (headers: Record<string, string> = cookieHeader(kept), search = back.search) =>
    plane.call("GET", back.pathname + search, { token: null, headers });
  return { away, back, kept, call };
}

Deno.test({
  name: "signing in",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using github = startGitHub();
    await using access = await startAccess();
    const variables = { ...github.variables, ...access.variables, SHOPFLOOR_ROLES: ROLES };
    await using plane = await startPlane(variables);
    const look = (headers: Record<string, string>, path = "/projects") =>
      plane.call("GET", path, { token: null, headers });

    await t.step("the sign-in page says what is on", async () => {
      const { text } = await look({}, "/signin");
      assert.match(text, new RegExp(`GitHub: on, at ${new URL(github.url).host}`));
      assert.match(text, new RegExp(`Cloudflare Access: on, ${new URL(access.url).host}`));
      assert.match(text, /href="\/signin\/github\?next=/);
    });

    await t.step("GitHub vouches for a person, who goes on to where they wanted with a session", async () => {
      const journey = await goByGitHub(plane);
      const [line] = journey.away.headers.getSetCookie();
      assert.match(line!, /; HttpOnly; SameSite=Lax$/);
      const done = await journey.call();
      assert.equal(done.status, 200);
      assert.match(done.text, /<meta http-equiv="refresh" content="0;url=\/p\/acme\/site"/);
      const cookies = cookiesOf(done.headers);
      assert.match(
        done.headers.getSetCookie().join("\n"),
        /shopfloor_session=.*; Max-Age=43200; .*HttpOnly; SameSite=Strict/,
      );
      const page = await look(cookieHeader(cookies));
      assert.equal(page.status, 200);
      assert.match(page.text, /title="github:ada">ada <span class="soft">operator</);
      assert.equal(done.text.includes("gho_"), false);
      assert.deepEqual(github.calls.slice(-2), ["POST /login/oauth/access_token", "GET /api/v3/user"]);
    });

    await t.step("an answer for another browser, an old one, or a second time signs nobody in", async () => {
      const mine = await goByGitHub(plane);
      const theirs = await goByGitHub(plane);
      const calls = github.calls.length;
      for (
        const [headers, search] of [
          [{}, mine.back.search],
          [cookieHeader(theirs.kept), mine.back.search],
          [cookieHeader(mine.kept), mine.back.search.replace(/state=[^&]+/, "state=x")],
          [cookieHeader(mine.kept), mine.back.search.replace(/state=[^&]+/, "")],
          [
            cookieHeader({ ...mine.kept, shopfloor_sign_in: journeyOf("x", Date.now() - 1) }),
            "?state=x&code=c",
          ],
        ] as const
      ) {
        const answer = await mine.call(headers, search);
        assert.equal(answer.status, 400);
        assert.match(answer.text, /did not begin in this browser/);
        assert.equal(cookiesOf(answer.headers)["shopfloor_session"], undefined);
      }
      assert.equal(github.calls.length, calls, "GitHub is not asked");
      assert.equal((await mine.call()).status, 200);
      const again = await mine.call();
      assert.equal(again.status, 400);
      assert.match(again.text, /GitHub did not say who you are/);
    });

    await t.step("a code that was made for another challenge is refused by GitHub (PKCE)", async () => {
      const mine = await goByGitHub(plane);
      const theirs = await goByGitHub(plane);
      const code = theirs.back.searchParams.get("code")!;
      const injected = mine.back.search.replace(/code=[^&]+/, `code=${code}`);
      assert.equal((await mine.call(undefined, injected)).status, 400);
    });

    await t.step("whoever refuses there, or whom GitHub does not name, is not signed in", async () => {
      github.login = null;
      const refused = await (await goByGitHub(plane)).call();
      assert.equal(refused.status, 400);
      assert.match(refused.text, /did not let you in/);
      github.login = "Ada";
      for (
        const answer of [
          () => new Response("down", { status: 502 }),
          () => new Response("no json"),
          () => Response.json({ access_token: 5 }),
          () => new Response(null, { status: 307, headers: { location: `${github.url}/elsewhere` } }),
        ]
      ) {
        github.tokenAnswer = answer;
        assert.equal((await (await goByGitHub(plane)).call()).status, 400);
      }
      github.tokenAnswer = null;
    });

    await t.step("whoever has no role is told so, and gets no session", async () => {
      github.login = "Mallory";
      const done = await (await goByGitHub(plane)).call();
      github.login = "Ada";
      assert.equal(done.status, 403);
      assert.match(done.text, /github:mallory<\/strong>, and this control plane gives that identity/);
      assert.equal(cookiesOf(done.headers)["shopfloor_session"], undefined);
    });

    await t.step("nobody is sent to another server after signing in", async () => {
      for (const next of ["https://evil.test/", "//evil.test", "/\\evil.test"]) {
        const done = await (await goByGitHub(plane, next)).call();
        assert.match(done.text, /content="0;url=\/"/, next);
        const typed = await plane.call("POST", "/session", {
          token: null,
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({ code: ADMIN_TOKEN, next }).toString(),
        });
        assert.deepEqual([typed.status, typed.headers.get("location")], [303, "/"]);
      }
      const bounced = await plane.call("GET", "//evil.test/", {
        token: null,
        headers: { "sec-fetch-site": "cross-site" },
      });
      assert.equal(bounced.text.includes("url=//evil"), false);
    });

    await t.step(
      "a link on another site comes without the session, and goes on by itself to where it has it",
      async () => {
        const path = "/p/acme/site?q=x&label=y";
        const first = await look({ "sec-fetch-site": "cross-site" }, path);
        assert.match(first.text, /content="0;url=\/p\/acme\/site\?q=x&amp;label=y"/);
        const second = await look({ "sec-fetch-site": "same-origin" }, path);
        assert.equal(second.headers.get("location"), `/signin?next=${encodeURIComponent(path)}`);
      },
    );

    await t.step("Access vouches for a person at each request", async () => {
      const assertion = await access.sign();
      const page = await look({ "cf-access-jwt-assertion": assertion });
      assert.equal(page.status, 200);
      assert.match(page.text, /title="mail:bob@example.org">bob@example.org <span class="soft">approver</);
      const nobody = await look({
        "cf-access-jwt-assertion": await access.sign({ claims: { email: "eve@x.org" } }),
      });
      assert.equal(nobody.status, 403);
      assert.match(nobody.text, /access:eve@x.org/);
      assert.equal(access.fetches.count, 1, "the keys are fetched once");
    });

    await t.step("an assertion that does not hold makes nobody", async () => {
      const now = Math.floor(Date.now() / 1_000);
      const good = await access.sign();
      const [head, payload, mac] = good.split(".") as [string, string, string];
      const none = `${encode({ alg: "none", typ: "JWT" })}.${payload}.`;
      const kid = JSON.parse(atob(head)).kid;
      const hsHead = `${encode({ alg: "HS256", kid, typ: "JWT" })}.${payload}`;
      const hsMac = createHmac("sha256", JSON.stringify(access.publicKey)).update(hsHead).digest();
      const bad: Record<string, string> = {
        "another audience": await access.sign({ claims: { aud: ["b".repeat(64)] } }),
        "another team": await access.sign({ claims: { iss: "https://evil.cloudflareaccess.com" } }),
        "over": await access.sign({ claims: { exp: now - 120 } }),
        "never over": await access.sign({ claims: { exp: undefined } }),
        "not yet": await access.sign({ claims: { nbf: now + 600 } }),
        "a service": await access.sign({ claims: { email: undefined, common_name: "x.access" } }),
        "a stranger's key": await access.sign({ isForged: true }),
        "an unknown key": await access.sign({ header: { kid: "other" } }),
        "no algorithm": none,
        "the public key as a secret": `${hsHead}.${base64Url(hsMac)}`,
        "changed claims": `${head}.${
          encode({ ...JSON.parse(atob(payload)), email: "root@example.org" })
        }.${mac}`,
        "no token": "x",
        "too long": "x".repeat(20_000),
      };
      for (const [what, assertion] of Object.entries(bad)) {
        const answer = await look({ "cf-access-jwt-assertion": assertion });
        assert.equal(answer.status, 303, `${what}: ${answer.text.slice(0, 200)}`);
      }
      assert.ok(access.fetches.count <= 2, "made-up key ids are not fetched for again and again");
    });

    await t.step("an Authorization header goes before both, and a session before Access", async () => {
      const assertion = await access.sign();
      const cookie = sessionOf("github", "ada");
      const both = await look({
        ...cookieHeader({ shopfloor_session: cookie }),
        "cf-access-jwt-assertion": assertion,
      });
      assert.match(both.text, /title="github:ada"/);
      const bearer = await plane.call("GET", "/api/owners/o/projects/p", {
        token: "garbage",
        headers: { "cf-access-jwt-assertion": assertion },
      });
      assert.equal(bearer.status, 401);
    });

    await t.step("a session that we did not make, or that is over, is nobody's", async () => {
      const other = signProof(
        "session",
        { provider: "admin", subject: "admin" },
        Date.now() + 9e6,
        deriveSessionKey("x"),
      );
      const over = signProof(
        "session",
        { provider: "admin", subject: "admin" },
        Date.now() - 1,
        deriveSessionKey(ADMIN_TOKEN),
      );
      for (const cookie of [other, over, journeyOf("s", Date.now() + 9e6), ""]) {
        assert.equal((await look(cookieHeader({ shopfloor_session: cookie }))).status, 303);
      }
    });

    await t.step(
      "only the admin token itself makes links: no session outlives its role or its time",
      async () => {
        const sessionBy = (proof: string) => ({
          token: null,
          headers: { ...cookieHeader({ shopfloor_session: proof }), "sec-fetch-site": "same-origin" },
        });
        const admin = signProof(
          "session",
          { provider: "admin", subject: "admin" },
          Date.now() + 60_000,
          deriveSessionKey(ADMIN_TOKEN),
        );
        for (const proof of [sessionOf("github", "root"), admin]) {
          const refused = await plane.call("POST", "/session/links", sessionBy(proof));
          assert.deepEqual([refused.status, refused.json.error.code], [403, "wrong_token_kind"]);
          assert.match(refused.json.error.message, /with a session token/);
        }
        assert.equal((await plane.call("POST", "/session/links", { token: ADMIN_TOKEN })).status, 201);
      },
    );

    await t.step("signing out takes the cookie away", async () => {
      const headers = {
        ...cookieHeader({ shopfloor_session: sessionOf("github", "ada") }),
        "sec-fetch-site": "same-origin",
      };
      const out = await plane.call("POST", "/session/end", { token: null, headers });
      assert.match(out.headers.getSetCookie()[0]!, /^shopfloor_session=; Max-Age=0; Path=\//);
      assert.equal(out.headers.get("location"), "/signin");
      for (const email of ["bob@example.org", "eve@x.org"]) {
        const assertion = await access.sign({ claims: { email } });
        const away = await plane.call("POST", "/session/end", {
          token: null,
          headers: { "cf-access-jwt-assertion": assertion, "sec-fetch-site": "same-origin" },
        });
        assert.equal(away.headers.get("location"), "/cdn-cgi/access/logout");
      }
    });

    await t.step(
      "a role is what the variable says now, and a provider that is off vouches for nobody",
      async () => {
        const cookie = cookieHeader({ shopfloor_session: sessionOf("github", "ada") });
        await using later = await startPlane({
          ...github.variables,
          SHOPFLOOR_ROLES: "github:ada=viewer",
          PUBLIC_URL: "https://shop.example",
        });
        const secure = cookieHeader({ "__Host-shopfloor_session": sessionOf("github", "ada") });
        const seen = await later.call("GET", "/projects", { token: null, headers: secure });
        assert.match(seen.text, /ada <span class="soft">viewer</);
        const plain = await later.call("GET", "/projects", { token: null, headers: cookie });
        assert.equal(
          plain.status,
          303,
          "where there is https, a cookie that is not bound to its host counts nothing",
        );
        const away = await later.call("GET", "/signin/github", { token: null });
        assert.match(
          away.headers.getSetCookie()[0]!,
          /^__Host-shopfloor_sign_in=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
        );
        assert.match(
          away.headers.get("location")!,
          /redirect_uri=https%3A%2F%2Fshop\.example%2Fsignin%2Fgithub%2Fcallback/,
        );
        await using off = await startPlane({ SHOPFLOOR_ROLES: "github:ada=admin" });
        assert.equal((await off.call("GET", "/projects", { token: null, headers: cookie })).status, 303);
        assert.equal((await off.call("GET", "/signin/github", { token: null })).status, 404);
        assert.match(
          (await off.call("GET", "/signin", { token: null })).text,
          /GitHub: off.*Cloudflare Access: off/s,
        );
      },
    );
  },
});

function sessionOf(provider: "github" | "access", subject: string): string {
  return signProof("session", { provider, subject }, Date.now() + 3_600_000, deriveSessionKey(ADMIN_TOKEN));
}

function journeyOf(state: string, untilMs: number): string {
  return signProof("journey", { state, next: "/" }, untilMs, deriveSessionKey(ADMIN_TOKEN));
}
