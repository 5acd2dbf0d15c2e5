/** Runs, jobs and logs of GitHub Actions, by its REST API (2022-11-28). Reads only. */
import { z } from "zod";
import type { PipelineRun } from "../../protocol/agent/tool_results.ts";
import { err, ok } from "../../protocol/result.ts";
import { publicUrl } from "../domain/public_url.ts";
import type { ProviderError } from "../domain/tool_error.ts";
import { CI_LOG_MAX_BYTES, TOOL_PROVIDER_TIMEOUT_MS } from "../limits.ts";
import type { CiProvider } from "../ports.ts";
import { ask, askJson, type Provider, readEnd } from "./ask.ts";

const status = { status: z.string().nullable(), conclusion: z.string().nullish() };
const run = z.object({
  id: z.number().int(),
  name: z.string().nullish(),
  head_branch: z.string().nullable(),
  head_sha: z.string(),
  ...status,
  run_started_at: z.string().nullish(),
  updated_at: z.string(),
  html_url: z.string(),
});
const runs = z.object({ total_count: z.number(), workflow_runs: z.array(run) });
const job = z.object({
  id: z.number().int(),
  name: z.string(),
  ...status,
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
  html_url: z.string().nullish(),
});
const jobs = z.object({ total_count: z.number(), jobs: z.array(job) });
const pull = z.object({ head: z.object({ sha: z.string() }) });

type Status = PipelineRun["jobs"][number]["status"];

const CONCLUSIONS: Readonly<Record<string, Status>> = {
  ...{ success: "passed", neutral: "passed", skipped: "skipped", cancelled: "cancelled", stale: "cancelled" },
  ...{ failure: "failed", timed_out: "failed", action_required: "failed", startup_failure: "failed" },
};

/** @param repository `owner/name`, checked by the caller to be one that agents may ask. */
export function createGitHubActions(provider: Provider, repository: string): CiProvider {
  const at = `/repos/${repository}`;
  const missing = (what: "ci_run" | "ci_job" | "pull_request", id: string): ProviderError => (
    { reason: "remote_not_found", what, id }
  );
  const isId = (id: string) => /^[1-9]\d{0,19}$/.test(id);

  return {
    list: async ({ branch, sha, pr, page, limit }) => {
      let head = sha;
      if (pr !== undefined) {
        const found = await askJson(provider, `${at}/pulls/${pr}`, pull, {
          missing: missing("pull_request", String(pr)),
        });
        if (!found.ok) return found;
        if (head !== undefined && head !== found.value.head.sha) return ok({ runs: [], hasMore: false });
        head = found.value.head.sha;
      }
      const query = { branch, head_sha: head, per_page: limit, page };
      const answer = await askJson(provider, `${at}/actions/runs`, runs, { query });
      if (!answer.ok) return answer;
      const { total_count, workflow_runs } = answer.value;
      return ok({
        runs: workflow_runs.map((row) => runView(row, [])),
        hasMore: page * limit < total_count && workflow_runs.length > 0,
      });
    },
    run: async (id) => {
      if (!isId(id)) return err(missing("ci_run", id));
      const options = { missing: missing("ci_run", id) };
      const found = await askJson(provider, `${at}/actions/runs/${id}`, run, options);
      if (!found.ok) return found;
      const query = { per_page: 100 };
      const listed = await askJson(provider, `${at}/actions/runs/${id}/jobs`, jobs, { ...options, query });
      return listed.ok ? ok(runView(found.value, listed.value.jobs)) : listed;
    },
    log: async (id) => {
      if (!isId(id)) return err(missing("ci_job", id));
      const path = `${at}/actions/jobs/${id}/logs`;
      const pointed = await ask(provider, path, { missing: missing("ci_job", id) });
      if (!pointed.ok) return pointed;
      const unreachable = err({ reason: "provider_unreachable" as const, provider: provider.name });
      const location = pointed.value.headers.get("location");
      await pointed.value.body?.cancel();
      // The log is elsewhere, behind an address that is signed: it gets no key of ours.
      const place = publicUrl(location ?? "", [new URL(provider.baseUrl).host]);
      if (!place.ok) {
        return err({ reason: "provider_malformed", provider: provider.name, what: "where the log is" });
      }
      let response: Response;
      try {
        const signal = AbortSignal.timeout(TOOL_PROVIDER_TIMEOUT_MS);
        response = await provider.fetch(place.value, { redirect: "manual", signal });
      } catch {
        return unreachable;
      }
      if (response.status !== 200) {
        await response.body?.cancel();
        return err({ reason: "ci_log_gone", id });
      }
      const end = await readEnd(response, CI_LOG_MAX_BYTES);
      if (end === null) return unreachable;
      const text = new TextDecoder().decode(end.bytes).replace(/^\ufeff/, "");
      // What was cut begins somewhere in a line.
      return ok({ text: end.isCut ? text.slice(text.indexOf("\n") + 1) : text, isTruncated: end.isCut });
    },
  };
}

function runView(row: z.output<typeof run>, list: readonly z.output<typeof job>[]): PipelineRun {
  const state = statusOf(row.status, row.conclusion);
  return {
    id: String(row.id),
    name: row.name ?? "",
    ref: row.head_branch ?? "",
    sha: row.head_sha,
    status: state === "skipped" ? "passed" : state,
    startedAt: row.run_started_at ?? null,
    completedAt: row.status === "completed" ? row.updated_at : null,
    url: row.html_url,
    jobs: list.map((one) => ({
      id: String(one.id),
      name: one.name,
      status: statusOf(one.status, one.conclusion),
      startedAt: one.started_at ?? null,
      completedAt: one.completed_at ?? null,
      url: one.html_url ?? "",
    })),
  };
}

/** `queued`, `requested`, `waiting` and `pending` have not begun. */
function statusOf(status: string | null, conclusion: string | null | undefined): Status {
  if (status === "completed") return CONCLUSIONS[conclusion ?? ""] ?? "failed";
  return status === "in_progress" ? "running" : "queued";
}
