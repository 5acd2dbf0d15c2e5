/** `af_ci_status` (Runtime 3.5). */
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import type { ToolResult } from "../../protocol/agent/tool_results.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { pageOfText } from "../domain/text_page.ts";
import type { ToolError } from "../domain/tool_error.ts";
import type { CiProvider } from "../ports.ts";

const PAGE = 20;

export async function askCi(
  input: ToolParameters<"af_ci_status">,
  provider: CiProvider,
): Promise<Result<ToolResult<"af_ci_status">, ToolError>> {
  const { action, cursor, branch, sha, pr } = input;
  switch (action) {
    case "list": {
      const page = cursor === undefined ? 1 : Number(/^p([1-9]\d{0,3})$/.exec(cursor)?.[1] ?? NaN);
      if (!Number.isSafeInteger(page)) return err({ reason: "cursor_stale" });
      const found = await provider.list({ branch, sha, pr, page, limit: PAGE });
      if (!found.ok) return found;
      const { runs, hasMore } = found.value;
      return ok({ action, runs: [...runs], nextCursor: hasMore ? `p${page + 1}` : null });
    }
    case "run": {
      const run = await provider.run(input.run_id!);
      return run.ok ? ok({ action, run: run.value }) : run;
    }
    case "log": {
      const jobId = input.job_id!;
      const log = await provider.log(jobId);
      if (!log.ok) return log;
      const { text, isCut } = lastLines(log.value.text, input.tail);
      const page = pageOfText(text, input.max_bytes, cursor);
      if (!page.ok) return page;
      return ok({ action, jobId, isTruncated: log.value.isTruncated || isCut, ...page.value });
    }
  }
}

function lastLines(
  text: string,
  tail: number | undefined,
): { readonly text: string; readonly isCut: boolean } {
  if (tail === undefined) return { text, isCut: false };
  const lines = text.split("\n");
  // A text that ends with a line's end has no line behind it.
  const end = lines.at(-1) === "" ? 1 : 0;
  const from = lines.length - end - tail;
  return from <= 0 ? { text, isCut: false } : { text: lines.slice(from).join("\n"), isCut: true };
}
