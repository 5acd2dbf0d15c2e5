/// <reference lib="deno.ns" />
/** Lines fetched from a repository elsewhere, against stock git's own server. */
import assert from "node:assert/strict";
import { fetchLineFolder } from "../../worker/import/line_repository.ts";
import { IMPORT_PACK_MAX_BYTES } from "../../worker/limits.ts";
import { startGitHost } from "../fake/git_host.ts";

const LINE = {
  ".agentics/assembly-line.json": '{"name":"L"}',
  ".agentics/stations/01-a/station.json": '{"id":"a","name":"A"}',
  ".agentics/stations/01-a/prompt.md": "Grüße: {{task.title}}",
};

Deno.test("a line's folder is fetched from where it is, and nothing beside it", async (t) => {
  await using host = await startGitHost();
  const noise = Array.from(
    { length: 20 },
    (_, n) => [`src/f${n}.bin`, crypto.getRandomValues(new Uint8Array(50_000))],
  );
  await host.publish("line", {
    ...LINE,
    ...Object.fromEntries(noise),
    ".agentics/logo.png": new Uint8Array([0, 255, 1]),
  }, "v1");
  const bare = host.repository("line");
  const fetchFolder = async (
    path: string,
    ref: string | null = null,
    allowed = [host.host],
    signal?: AbortSignal,
  ) => {
    const options = {
      allowedHosts: allowed,
      fetch: (url: URL, init: RequestInit) => fetch(url, init),
      signal: signal ?? AbortSignal.timeout(20_000),
    };
    return await fetchLineFolder(`${host.url}/${path}`, ref, options);
  };
  const why = async (...args: Parameters<typeof fetchFolder>) => {
    const fetched = await fetchFolder(...args);
    return fetched.ok ? "fetched" : fetched.error.reason;
  };

  await t.step("from a server that can filter, in two fetches", async () => {
    await host.git(bare, "config", "uploadpack.allowFilter", "true");
    const before = host.asked.length;
    const fetched = await fetchFolder("line.git");
    assert.ok(fetched.ok, JSON.stringify(fetched));
    const { files, commit, warnings } = fetched.value;
    assert.equal(files.get("stations/01-a/prompt.md"), "Grüße: {{task.title}}");
    assert.deepEqual([...files.keys()].sort(), [
      "assembly-line.json",
      "stations/01-a/prompt.md",
      "stations/01-a/station.json",
    ]);
    assert.deepEqual(warnings, ["'logo.png' is not text and is not used"]);
    assert.equal(commit, await host.git(bare, "rev-parse", "main"));
    assert.equal(host.asked.length - before, 4, host.asked.slice(before).join(", "));
  });
  await t.step("from a server that cannot, in one", async () => {
    await host.git(bare, "config", "uploadpack.allowFilter", "false");
    const before = host.asked.length;
    const fetched = await fetchFolder("line.git");
    assert.ok(fetched.ok && fetched.value.files.size === 3);
    assert.equal(host.asked.length - before, 3);
  });
  await t.step(
    "at a branch, a tag with a message, and a full name; not at one that is not there",
    async () => {
      for (const ref of ["main", "v1", "refs/heads/main", "refs/tags/v1", "heads/main"]) {
        assert.equal(await why("line.git", ref), "fetched", ref);
      }
      assert.equal(await why("line.git", "nope"), "ref_not_found");
    },
  );
  await t.step("what is no line, no repository or no git server is refused by name", async () => {
    await host.publish("plain", { "README.md": "nothing here" });
    assert.equal(await why("plain.git"), "no_line");
    assert.equal(await why("absent.git"), "refused");
    host.intercept = () => new Response("<html>");
    assert.equal(await why("line.git"), "not_git");
    host.intercept = () => new Response("001e# service=git-upload-pack\n0000");
    assert.equal(await why("line.git"), "not_git");
    host.intercept = () => null;
  });
  await t.step("an address that may not be asked is not asked, also when it is redirected to", async () => {
    const before = host.asked.length;
    assert.equal(await why("line.git", null, []), "not_https");
    assert.equal(host.asked.length, before);
    const target = host.url.replace("127.0.0.1", "localhost");
    host.intercept = ({ url }) =>
      url.includes("/moved.git")
        ? Response.redirect(`${host.url}/line.git/info/refs?service=git-upload-pack`, 301)
        : url.includes("/evil.git")
        ? Response.redirect(`${target.replace("http:", "https:")}/line.git/info/refs`, 302)
        : url.includes("/nowhere.git")
        ? new Response(null, { status: 302, headers: { location: "https://[" } })
        : url.includes("/loop.git")
        ? Response.redirect(url, 302)
        : null;
    assert.equal(await why("moved.git"), "fetched");
    assert.equal(await why("evil.git"), "private_host");
    assert.equal(await why("loop.git"), "too_many_redirects");
    assert.equal(await why("nowhere.git"), "not_git");
    host.intercept = () => null;
  });
  await t.step("what does not end, in bytes or in time, is cut off", async () => {
    const endless = () =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) });
    host.intercept = () => new Response(endless());
    assert.equal(await why("line.git"), "too_large");
    assert.ok(IMPORT_PACK_MAX_BYTES < 100_000_000);
    host.intercept = () => new Response(new ReadableStream());
    assert.equal(await why("line.git", null, [host.host], AbortSignal.timeout(100)), "unreachable");
    host.intercept = () => null;
  });
  await t.step(
    "what is sent instead of a pack, or of the commit that was asked for, is refused",
    async () => {
      const pkt = (payload: Uint8Array) => {
        const length = (payload.length + 4).toString(16).padStart(4, "0");
        return [length, payload] as BlobPart[];
      };
      const text = (value: string) => new TextEncoder().encode(value);
      const header = [...text("PACK"), 0, 0, 0, 2, 0, 0, 0, 0];
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-1", new Uint8Array(header)));
      for (const checksum of [sum, new Uint8Array(20)]) {
        const pack = new Uint8Array([1, ...header, ...checksum]);
        let posts = 0;
        host.intercept = ({ method }) =>
          method === "POST" && ++posts === 2
            ? new Response(new Blob([...pkt(text("packfile\n")), ...pkt(pack), "0000"]))
            : null;
        assert.equal(await why("line.git"), "bad_pack");
      }
      host.intercept = () => null;
    },
  );
});
