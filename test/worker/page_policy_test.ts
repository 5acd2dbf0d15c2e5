/**
 * Every page of the app, whatever it shows: a content policy that lets no script but ours run, and a document that needs
 * nothing of what it forbids. And for who may only look: no page has a form, and no form that is sent all the same is
 * taken. The table of pages is the app's own.
 */
import assert from "node:assert/strict";
import { createApp } from "../../worker/app.ts";
import { deriveSessionKey, signProof } from "../../worker/domain/session.ts";
import { ADMIN_TOKEN, type Answer, startPlane } from "../fake/plane.ts";
import { atRest, makeWorld, type World } from "./bad_input_world.ts";
import { withFirstWords } from "./route_words.ts";

/** Nothing may come from anywhere but here, and nothing may be written into the document. */
const POLICY: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "style-src": "'self'",
  "script-src": "'self'",
  "connect-src": "'self'",
  "img-src": "'self'",
  "form-action": "'self'",
  "base-uri": "'none'",
  "frame-ancestors": "'none'",
};
/** Below these, programs ask; and files are no documents. */
const NO_PAGES = [
  /^\/api\//,
  /^\/v1\//,
  /^\/channels\//,
  /^\/assets\//,
  /^\/_relay\//,
  /^\/openapi\.json$/,
  /^\/healthz$/,
  /^\/session/,
];

/** Forms that everybody has: signing out, and looking at a question by the token of its link. */
const OPEN_FORMS = ["/session/end", "/g"];

/** The routes that answer people, as paths of the world. A file to download is none. */
function pagesOf(world: World): { readonly method: string; readonly path: string }[] {
  const routes = new Set(
    createApp().routes.filter(({ method }) => method === "GET" || method === "POST")
      .map(({ method, path }) => `${method} ${path}`),
  );
  return [...routes].map((route) => route.split(" ") as [string, string])
    .filter(([, path]) => !NO_PAGES.some((pattern) => pattern.test(path)) && !path.includes("*"))
    .map(([method, path]) => ({
      method,
      path: withFirstWords(path)
        .replace(
          /:(\w+)/g,
          (_, name: string) => (name === "line" ? "line" : world.ids[name]) ?? `no-${name}`,
        ),
    }));
}

function policyOf(headers: Headers): Record<string, string> {
  const text = headers.get("content-security-policy") ?? "";
  return Object.fromEntries(
    text.split(";").map((part) => part.trim().split(/ (.*)/).slice(0, 2) as [string, string]),
  );
}

/** What the document has that the policy forbids, or that no page of ours should have. */
function faultsOf(html: string): string[] {
  const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
  const faults = tags.filter((tag) =>
    /\son[a-z]+\s*=/i.test(tag) || /\sstyle\s*=/i.test(tag) || /javascript:/i.test(tag) ||
    /^<(script|link|img|iframe|object|embed|source)\b[^>]*\s(src|href|data)="(?!\/(?!\/))/i.test(tag) ||
    /^<form\b[^>]*\saction="(?!\/(?!\/))/i.test(tag) || /^<(base|iframe|object|embed)\b/i.test(tag)
  );
  if (/<script\b(?![^>]*\ssrc=)/i.test(html)) faults.push("a script in the document");
  if (/<style\b/i.test(html)) faults.push("a style in the document");
  return faults;
}

Deno.test({
  name: "every page has the policy, and keeps it",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane({
      SHOPFLOOR_GITHUB_CLIENT_ID: "id",
      SHOPFLOOR_GITHUB_CLIENT_SECRET: "secret",
      SHOPFLOOR_ROLES: "github:vera=viewer",
    });
    const world = await makeWorld(plane);
    const shown: string[] = [];
    for (const who of ["the admin", "nobody"] as const) {
      for (const { method, path } of pagesOf(world)) {
        // Forms are sent without their fields: what they answer then is a page as well.
        if (method === "POST" && who === "the admin" && /(remove|drain|rotate|delete|cancel)$/.test(path)) {
          continue;
        }
        await t.step(`${method} ${path}, ${who}`, async () => {
          const answer = await plane.call(method, path, {
            ...(who === "nobody" ? { token: null } : {}),
            headers: { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" },
          });
          assert.ok(
            answer.status < 500 || answer.status === 503,
            `${answer.status} ${answer.text.slice(0, 300)}`,
          );
          if (answer.status >= 300 && answer.status < 400) return;
          const type = answer.headers.get("content-type") ?? "";
          if (!type.startsWith("text/html")) {
            assert.match(
              answer.headers.get("x-content-type-options") ?? "",
              /nosniff/,
              `${type} is not sniffed`,
            );
            return;
          }
          shown.push(`${method} ${path}`);
          const policy = policyOf(answer.headers);
          for (const [directive, value] of Object.entries(POLICY)) {
            assert.equal(policy[directive], value, directive);
          }
          assert.equal(/unsafe|https?:|data:|\*/.test(answer.headers.get("content-security-policy")!), false);
          assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
          assert.deepEqual(faultsOf(answer.text), []);
        });
      }
    }
    const proof = signProof(
      "session",
      { provider: "github", subject: "vera" },
      Date.now() + 3_600_000,
      deriveSessionKey(ADMIN_TOKEN),
    );
    const headers = { cookie: `shopfloor_session=${proof}`, "sec-fetch-site": "same-origin" };
    const asViewer = async (wanted: "GET" | "POST", look: (answer: Answer) => void) => {
      for (const { method, path } of pagesOf(world)) {
        if (method !== wanted || path.startsWith("/g")) continue;
        await t.step(`${method} ${path}, a viewer`, async () => {
          look(await plane.call(method, path, { token: null, headers }));
        });
      }
    };
    await asViewer("GET", ({ text }) => {
      const forms = [...text.matchAll(/<form\b[^>]*method="post"[^>]*>/gi)].map(([tag]) =>
        /action="([^"]*)"/.exec(tag)?.[1] ?? tag
      );
      assert.deepEqual(forms.filter((action) => !OPEN_FORMS.includes(action)), []);
    });
    // Looking opens a task's log, which is told within some milliseconds.
    const before = await atRest(world.dump);
    await asViewer("POST", ({ status, text }) => assert.equal(status, 403, text.slice(0, 300)));
    await t.step("a viewer's forms changed nothing", async () => {
      assert.equal(await atRest(world.dump), before);
    });
    await t.step(
      "that were many pages",
      () => assert.ok(new Set(shown).size > 20, String(new Set(shown).size)),
    );
  },
});
