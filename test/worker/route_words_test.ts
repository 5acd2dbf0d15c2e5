/** Segments of paths that are one of some words: exactly one of them, not one that begins or ends alike. */
import assert from "node:assert/strict";
import { createApp } from "../../worker/app.ts";
import { startPlane } from "../fake/plane.ts";
import { hasLooseWords, withFirstWords, withWrongWords } from "./route_words.ts";

/** Routes that people and machines ask for, each once. */
function routes(): { readonly method: string; readonly path: string }[] {
  const all = createApp().routes.filter(({ method }) => method !== "ALL");
  return [...new Map(all.map((route) => [`${route.method} ${route.path}`, route])).values()];
}

Deno.test("no route has alternatives outside of a group, which would match more than one of them", () => {
  assert.equal(hasLooseWords("/a/:action{claim|release}"), true);
  assert.equal(hasLooseWords("/a/:action{(?:claim|release)}/:name{[^/]+\\.git}"), false);
  assert.deepEqual(routes().map(({ path }) => path).filter(hasLooseWords), []);
});

Deno.test({
  name: "a word that only begins or ends like one of a route's words is no such route",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using plane = await startPlane();
    const wordy = routes().filter(({ path }) => withFirstWords(path) !== path && path.includes("|"));
    assert.ok(wordy.length >= 6, `there are routes with words: ${wordy.length}`);
    for (const { method, path } of wordy) {
      const ask = async (pattern: string) => {
        const url = pattern.replace(/:(\w+)/g, "none");
        const headers = { "sec-fetch-site": "same-origin", accept: "text/html" };
        const { status, text } = await plane.call(method, url, { headers });
        return [status, text.includes("There is no page at this address")] as const;
      };
      const [, isMissing] = await ask(withFirstWords(path));
      assert.equal(isMissing, false, `${method} ${path} is there`);
      for (const wrong of withWrongWords(path)) assert.deepEqual(await ask(wrong), [404, true], wrong);
    }
  },
});
