/**
 * Where providers lead elsewhere: no key of ours goes along, and nothing inward is asked. Without workerd, as the way out of
 * wrangler's test harness follows redirects by itself.
 */
import assert from "node:assert/strict";
import { createGitHubActions } from "../../worker/providers/github_actions.ts";
import { fetchPage, mayFetch } from "../../worker/providers/web_page.ts";
import { askCi } from "../../worker/tools/ci.ts";
import { startAgentServices, TOOLS_TOKEN } from "../fake/agent_services.ts";

const plainFetch = (url: URL, init: RequestInit) => fetch(url, init);

Deno.test("the end of a job's log is read from where it is, without our key", async () => {
  await using services = startAgentServices();
  const headers = {
    authorization: `Bearer ${TOOLS_TOKEN}`,
    "x-github-api-version": "2022-11-28",
    "user-agent": "shopfloor",
  };
  const provider = { name: "github" as const, baseUrl: `${services.url}/github`, headers, fetch: plainFetch };
  const ci = createGitHubActions(provider, "acme/widgets");
  const log = await askCi({ action: "log", job_id: "5", tail: 2, max_bytes: 10_000 }, ci);
  assert.ok(log.ok && log.value.action === "log", JSON.stringify(log));
  assert.deepEqual([log.value.text.match(/line \d+/g), log.value.isTruncated], [
    ["line 28", "line 29"],
    true,
  ]);
  const whole = await askCi({ action: "log", job_id: "5", max_bytes: 1_024 }, ci);
  assert.ok(whole.ok && whole.value.action === "log" && whole.value.nextCursor === null);
  assert.equal(whole.value.text.split("\n").length, 31);
});

Deno.test("a page that leads to a private address is not followed there", async () => {
  await using services = startAgentServices();
  const hosts = [new URL(services.url).host, "*"];
  const inward = await fetchPage(`${services.url}/inward`, { hosts, fetch: plainFetch });
  assert.ok(!inward.ok && inward.error.reason === "page_refused", JSON.stringify(inward));
  assert.equal(services.calls.length, 1);
});

Deno.test("only hosts that the operator allows are asked, private ones by their own name", () => {
  const may = (url: string, ...hosts: string[]) => mayFetch(url, hosts).ok;
  assert.equal(may("https://docs.example.org/x", "*.example.org"), true);
  assert.equal(may("https://example.org/x", "*.example.org"), false);
  assert.equal(may("https://evilexample.org/x", "*.example.org"), false);
  assert.equal(may("https://example.com/", "*"), true);
  for (
    const url of [
      ...[
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://a:b@example.com/",
      ],
      ...[
        "https://169.254.169.254/",
        "https://2130706433/",
        "https://metadata.internal/",
        "file:///etc/passwd",
        "x",
      ],
    ]
  ) assert.equal(may(url, "*"), false, url);
  assert.equal(may("http://127.0.0.1:8080/", "127.0.0.1:8080"), true);
});
