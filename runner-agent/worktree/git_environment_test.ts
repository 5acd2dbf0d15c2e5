/** What of a header no message may show. */
import assert from "node:assert/strict";
import { accessSecrets } from "./git_environment.ts";

const of = (authorization: string) => accessSecrets({ kind: "task_repository", authorization });

Deno.test("of a header of HTTP Basic also the password in clear is a secret, as servers repeat it", () => {
  const written = btoa("x-access-token:s3cret:with:colons");
  assert.deepEqual(of(`Basic ${written}`), [`Basic ${written}`, written, "s3cret:with:colons"]);
});

Deno.test("what is no such header is a secret as it is, and nothing empty is one", () => {
  assert.deepEqual(of("Bearer t0ken"), ["Bearer t0ken", "t0ken"]);
  assert.deepEqual(of("Basic %%%"), ["Basic %%%", "%%%"]);
  assert.deepEqual(of(`Basic ${btoa("me:")}`), [`Basic ${btoa("me:")}`, btoa("me:")]);
  assert.deepEqual(of("odd"), ["odd"]);
  assert.deepEqual(accessSecrets({ kind: "none" }), []);
});
