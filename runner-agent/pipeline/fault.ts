/**
 * What can be wrong with a pipeline, while it is read and while it runs (Pipeline 2.4). A fault is a value with a stable
 * type; `[type] detail` is how people see it.
 */

/** The stable types. Programs branch on them, so none is ever renamed. */
export const FAULT_TYPES = [
  "ail:config/invalid-yaml",
  "ail:config/file-not-found",
  "ail:config/validation-failed",
  "ail:config/circular-inheritance",
  "ail:template/unresolved-variable",
  "ail:condition/invalid",
  "ail:runner/invocation-failed",
  "ail:runner/cancelled",
  "ail:runner/not-found",
  "ail:runner/timeout",
  "ail:pipeline/aborted",
  "ail:pipeline/circular-reference",
  "ail:pipeline/reload-failed",
  "ail:skill/unknown",
  "ail:do-while/max-iterations-exceeded",
  "ail:loop/depth-exceeded",
  "ail:for-each/source-invalid",
  "ail:schema/output-validation-failed",
  "ail:schema/input-validation-failed",
  "ail:schema/compatibility-failed",
  "ail:storage/query-failed",
  "ail:storage/run-not-found",
  "ail:storage/delete-failed",
  "ail:plugin/manifest-invalid",
  "ail:plugin/spawn-failed",
  "ail:plugin/protocol-error",
  "ail:plugin/timeout",
  "ail:init/failed",
] as const;
export type FaultType = typeof FAULT_TYPES[number];

/** Where something stands in a file; lines and columns count from 1. `path` is null for text that is in no file. */
export interface Place {
  readonly path: string | null;
  readonly line: number;
  readonly column: number;
}

export interface Fault {
  readonly type: FaultType;
  /** One sentence for people: what was expected, what came. Never a secret. */
  readonly detail: string;
  readonly place: Place | null;
  /** The step that failed, where there is one. */
  readonly stepId?: string;
  /** A branch of `on_result`, or a gate, said `abort_pipeline`: no join and no `on_error` stands in its way. */
  readonly isAbort?: true;
  /** Of a pipeline that was called: whatever its type, the caller's `on_error` is asked. */
  readonly isContained?: true;
}

/** Makes a fault. */
export function fault(type: FaultType, detail: string, place: Place | null = null): Fault {
  return { type, detail, place };
}

/** `[ail:config/validation-failed] step 'a': ... (file.ail.yaml:3:5)` */
export function faultText({ type, detail, place }: Fault): string {
  const at = place === null ? "" : ` (${place.path ?? "pipeline"}:${place.line}:${place.column})`;
  return `[${type}] ${detail}${at}`;
}
