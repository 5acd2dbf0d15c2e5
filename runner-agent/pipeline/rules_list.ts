/** What must hold between the steps of one list: schemas of neighbours, and what async steps may depend on (Pipeline s26, s29). */
import type { Json, JsonSchema, Step } from "./ast.ts";
import type { Fault, Place } from "./fault.ts";
import type { Findings } from "./shape.ts";

const NOWHERE: Place = { path: null, line: 1, column: 1 };
const placeOf = (step: Step) => step.origin.place ?? NOWHERE;

/** A producer and the consumer right after it must be able to fit. */
export function checkSchemaPairs(steps: readonly Step[], findings: Findings): void {
  for (let index = 1; index < steps.length; index++) {
    const [producer, consumer] = [steps[index - 1]!, steps[index]!];
    if (producer.outputSchema === null || consumer.inputSchema === null) continue;
    const why = mismatch(producer.outputSchema, consumer.inputSchema);
    if (why === null) continue;
    findings.fault(
      "ail:schema/compatibility-failed",
      `the output of step '${producer.id}' can never be the input of step '${consumer.id}': ${why}`,
      placeOf(consumer),
    );
  }
}

function mismatch(output: JsonSchema, input: JsonSchema): string | null {
  const [made, wanted] = [output["type"], input["type"]];
  if (typeof made === "string" && typeof wanted === "string" && made !== wanted) {
    return `one is of type ${made}, the other of type ${wanted}`;
  }
  const properties = output["properties"];
  const required = input["required"];
  if (!isObject(properties) || !Array.isArray(required)) return null;
  const missing = required.find((name) => typeof name === "string" && !Object.hasOwn(properties, name));
  return missing === undefined ? null : `'${missing}' is required and is none of the output's properties`;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Only of lists that have async steps, dependencies or joins. */
export function checkParallel(steps: readonly Step[], findings: Findings): void {
  if (!steps.some((step) => step.isAsync || step.dependsOn.length > 0 || step.kind === "join")) return;
  const refuse = (step: Step, detail: string) => {
    findings.fault("ail:config/validation-failed", `step '${step.id}': ${detail}`, placeOf(step));
  };
  const indexes = new Map(steps.map((step, index) => [step.id, index]));
  const awaited = new Set(steps.flatMap(({ dependsOn }) => dependsOn));
  for (const step of steps) {
    if (step.isAsync && !awaited.has(step.id)) {
      refuse(step, "it is async and not named in any step's depends_on: nothing would wait for it");
    }
  }
  for (const step of steps) {
    if (step.kind === "join" && step.dependsOn.length === 0) refuse(step, "a join has no depends_on list");
  }
  for (const [index, step] of steps.entries()) {
    for (const id of step.dependsOn) {
      const at = indexes.get(id);
      if (at === undefined) refuse(step, `depends_on: '${id}' is not declared in this list`);
      else if (at >= index) {
        refuse(step, `depends_on: '${id}' is declared later: a step depends on earlier ones`);
      }
    }
  }
  checkSessions(steps, refuse);
  checkJoins(steps, refuse);
}

/** Two that run at once cannot go on with one session. */
function checkSessions(steps: readonly Step[], refuse: (step: Step, detail: string) => void): void {
  const resuming = steps.filter((step) =>
    step.isAsync && (step.kind === "prompt" || step.kind === "skill") && step.resume
  );
  if (resuming.length < 2) return;
  const names = resuming.map(({ id }) => `'${id}'`).join(", ");
  refuse(
    resuming[1]!,
    `the async steps ${names} cannot share a runner session: only one may have 'resume: true'`,
  );
}

function checkJoins(steps: readonly Step[], refuse: (step: Step, detail: string) => void): void {
  for (const join of steps) {
    if (join.kind !== "join" || join.outputSchema === null) continue;
    for (const id of join.dependsOn) {
      const part = steps.find((step) => step.id === id);
      if (part !== undefined && part.outputSchema === null) {
        refuse(join, `it has an output_schema, and its dependency '${id}' does not declare output_schema`);
      }
    }
  }
}

/** What `for_each` goes over, where it can be known without running (decision 0.3). */
export function checkSources(steps: readonly Step[], findings: Findings): void {
  for (const step of steps) {
    if (step.kind === "do_while" && step.body.kind === "steps") checkSources(step.body.steps, findings);
    if (step.kind !== "for_each") continue;
    if (step.body.kind === "steps") checkSources(step.body.steps, findings);
    const source = /^\{\{\s*step\.([^.{}]+)\.items\s*\}\}$/.exec(step.over.trim())?.[1];
    const producer = source === undefined ? undefined : steps.find(({ id }) => id === source);
    const type = producer?.outputSchema?.["type"];
    if (producer === undefined || type === undefined || type === "array") continue;
    if (Array.isArray(type) && type.includes("array")) continue;
    const fault: Fault["type"] = "ail:for-each/source-invalid";
    const detail = `step '${step.id}' goes over '${source}', whose output_schema says ${
      JSON.stringify(type)
    } and not array`;
    findings.fault(fault, detail, placeOf(step));
  }
}
