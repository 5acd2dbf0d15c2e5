/// <reference lib="deno.ns" />
/** What is kept of a held request: nothing that opens a door (S1). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { APPROVAL_PREVIEW_MAX_CHARS, APPROVAL_URL_SHOWN_MAX_CHARS } from "../limits.ts";
import { bodyPreview, redact, urlPreview } from "./approval_preview.ts";

const SECRET = "hunter2-Zx9";

Deno.test("secrets in bodies are replaced, and what a person must see stays", () => {
  for (
    const [body, shown] of [
      [`{"user":"ada","password":"${SECRET}","amount":5}`, /"user":"ada".*"amount":5/],
      [`{"api_key": "${SECRET}\\"x","to":"bob"}`, /"to":"bob"/],
      [`{"accessToken":"${SECRET}`, /accessToken/],
      [`user=ada&client_secret=${SECRET}&amount=5`, /user=ada.*&amount=5/],
      [`Authorization: Bearer ${SECRET}abc\nX-Note: hello`, /X-Note: hello/],
      [`-----BEGIN RSA PRIVATE KEY-----\n${SECRET}\n-----END RSA PRIVATE KEY-----\nend`, /end$/],
      [`the key is ghp_${"a1B2".repeat(9)} ok`, /^the key is \[redacted\] ok$/],
      [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${SECRET}abcdef and more`, /and more$/],
      [`blob ${"Q29uZmlk".repeat(8)} end`, /^blob \[redacted\] end$/],
    ] as const
  ) {
    const preview = bodyPreview(body)!;
    assert.ok(!preview.includes(SECRET) && !preview.includes("Q29uZmlk"), preview);
    assert.match(preview, shown);
    assert.match(preview, /\[redacted\]/);
  }
});

Deno.test("ordinary words stay as they are", () => {
  const body =
    `{"title":"Tidy the project","amount":1234.5,"tags":["a","b"],"path":"/srv/app/releases/2026-11-18"}`;
  assert.equal(bodyPreview(body), body);
  const url = "https://api.example.org/v1/payments/2026?limit=5&order=desc";
  assert.equal(urlPreview(url), url);
});

Deno.test("a preview is bounded, and says how much there was", () => {
  const preview = bodyPreview("word ".repeat(10_000))!;
  assert.ok(preview.length < APPROVAL_PREVIEW_MAX_CHARS + 40);
  assert.match(preview, /of 50000 characters\)$/);
  assert.equal(bodyPreview(null), null);
  assert.equal(bodyPreview(""), null);
});

Deno.test("a secret that the cut goes through is recognised by what follows the cut", () => {
  const blob = "Q29uZmlkZW50aWFs".repeat(4);
  const before = " ".repeat(APPROVAL_PREVIEW_MAX_CHARS - 30);
  assert.ok(!bodyPreview(before + blob)!.includes("Q29uZmlk"));
});

Deno.test("a URL loses its user, its password and its secrets", () => {
  const shown = urlPreview(`https://ada:${SECRET}@example.org/x?token=${SECRET}&page=2#f`);
  assert.equal(shown, "https://[redacted]@example.org/x?token=[redacted]&page=2");
  assert.ok(
    urlPreview(`https://example.org/${"word/".repeat(500)}`).length <= APPROVAL_URL_SHOWN_MAX_CHARS + 1,
  );
});

Deno.test("a secret behind a name that says so never survives, wherever the text is cut", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/);
  fc.assert(
    fc.property(
      word,
      fc.constantFrom("password", "client_secret", "api-key", "sessionToken"),
      fc.nat(4_000),
      (
        secret,
        name,
        before,
      ) => {
        const padding = "word ".repeat(before / 5);
        for (const body of [`${padding}{"${name}":"${secret}"}`, `${padding}${name}=${secret}&x=1`]) {
          assert.ok(!(bodyPreview(body) ?? "").includes(secret));
          assert.ok(!redact(body).includes(secret));
        }
      },
    ),
  );
});

Deno.test("a long name around the word that tells a secret hides nothing", () => {
  const long = "x_".repeat(200);
  for (const body of [`{"${long}password${long}":"${SECRET}"}`, `${long}token${long}=${SECRET}`]) {
    assert.ok(!bodyPreview(body)!.includes(SECRET), body);
  }
});
