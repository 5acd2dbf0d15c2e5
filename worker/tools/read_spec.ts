/** `af_spec_read` (Runtime 3.5), for agents and, by its own routes, for people. */
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import type { SpecReadResult } from "../../protocol/agent/tool_results.ts";
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import { SPEC_ARTIFACTS } from "../../protocol/agent/tools.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { specPath } from "../domain/spec.ts";
import { coverage, renderSpec, traceability } from "../domain/spec_view.ts";
import { pageOfList, pageOfText } from "../domain/text_page.ts";
import type { ToolError } from "../domain/tool_error.ts";
import type { FoundSpec, SpecSource } from "./spec_source.ts";

/** @param subtasks Those of the task. */
export async function readSpec(
  input: ToolParameters<"af_spec_read">,
  source: SpecSource,
  subtasks: () => Promise<readonly SubtaskData[]>,
): Promise<Result<SpecReadResult, ToolError>> {
  const { what, max_bytes: maxBytes, cursor } = input;
  if (what === "execution") {
    const wanted = (await subtasks()).filter(({ id, spec }) =>
      (input.subtask_id === undefined || id === input.subtask_id) &&
      (input.spec === undefined || spec === input.spec)
    );
    const page = pageOfList(wanted, maxBytes, cursor);
    if (!page.ok) return page;
    return ok({ what, subtasks: [...page.value.items], nextCursor: page.value.nextCursor });
  }
  const found = await source.find(input.spec);
  if (!found.ok) return found;
  const { spec, texts, revision } = found.value;
  const head = { spec: spec.name, revision };
  switch (what) {
    case "artifact": {
      const artifact = input.artifact_name!;
      const text = texts[artifact];
      if (text === undefined) {
        const artifacts = SPEC_ARTIFACTS.filter((known) => texts[known] !== undefined);
        return err({ reason: "spec_artifact_missing", name: spec.name, artifact, artifacts });
      }
      const page = pageOfText(text, maxBytes, cursor);
      const path = specPath(spec.name, artifact);
      return page.ok ? ok({ what, ...head, artifact, path, ...page.value }) : page;
    }
    case "rendered": {
      const page = pageOfText(renderSpec(spec.name, texts), maxBytes, cursor);
      return page.ok ? ok({ what, ...head, ...page.value }) : page;
    }
    case "traceability": {
      const rows = traceability(spec, await existingOf(found.value, source));
      const page = pageOfList(rows, maxBytes, cursor);
      if (!page.ok) return page;
      return ok({ what, ...head, rows: [...page.value.items], nextCursor: page.value.nextCursor });
    }
    case "coverage":
      return ok({ what, ...head, ...coverage(spec, await existingOf(found.value, source)) });
  }
}

async function existingOf({ spec }: FoundSpec, source: SpecSource): Promise<ReadonlySet<string>> {
  return await source.existing(spec.tests.flatMap(({ path }) => path ?? []));
}
