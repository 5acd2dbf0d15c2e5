/**
 * Made-up texts that somebody may give as a pipeline file, and what must hold of each: it loads, or has faults; soon, and without
 * ever more memory. The same seed and number make the same text everywhere.
 */
import assert from "node:assert/strict";
import { FAULT_TYPES } from "../../runner-agent/pipeline/fault.ts";
import { STEP_FIELDS } from "../../runner-agent/pipeline/shape_tables.ts";
import { loadFaults } from "./pipeline_run.ts";

const VALID: readonly string[] = [
  `version: "0.1"\npipeline:\n  - id: a\n    prompt: "{{ last_response }}"\n`,
  `version: "0.1"\ndefaults: {model: m, sampling: {temperature: 0.5}, tools: {allow: [Read]}}\npipeline:
  - {id: invocation, prompt: p}
  - id: lint
    context: {shell: "make lint"}
    on_result: [{exit_code: any, action: break}, {always: true, action: continue}]
`,
  `version: "0.1"\npipeline:
  - id: fix
    do_while:
      max_iterations: 3
      exit_when: "{{ step.test.exit_code }} == 0"
      steps:
        - {id: test, context: {shell: "make test"}}
        - {id: mend, prompt: "mend it", condition: "{{ step.test.exit_code }} != 0"}
`,
  `version: "0.1"\npipelines: {review: [{id: r, prompt: x}]}\npipeline:
  - {id: a, async: true, prompt: one}
  - {id: b, async: true, pipeline: review}
  - {id: j, action: join, depends_on: [a, b], on_error: wait_for_all}
  - {id: e, for_each: {over: "{{ step.j.items }}", as: f, steps: [{id: s, skill: ail/janitor}]}}
`,
  `version: "0.1"\nproviders: {fast: {model: m}}\npipeline:
  - id: a
    prompt: |
      many
        lines
    provider: fast
    on_error: retry
    max_retries: 2
    before: [one, {prompt: two}]
    output_schema: {type: object, required: [k], properties: {k: {type: string}}}
  - {id: b, prompt: x, input_schema: {required: [k]}, on_result: {field: k, equals: 1, if_true: {action: break}}}
`,
  `FROM: base.yaml\npipeline:\n  - {override: a, prompt: q}\n  - {run_after: a, id: n, action: pause_for_human}\n`,
];
const PIECES = [
  ..."\n: -?[]{}&*!|>'\"#%@`,\t~",
  "\n  ",
  ": ",
  "- ",
  "? ",
  "&a ",
  "*a",
  "<<: *a",
  "---\n",
  "...\n",
  "%YAML 1.1\n---\n",
  "%TAG ! x:\n",
  "!!binary ",
  "!!set ",
  "!!js/function ",
  "!x ",
  "|2\n",
  ">-\n",
  "\u0000",
  "\ufeff",
  "\ud800",
  "\u2028",
  "\r",
  "é🙂",
  "{{ ",
  " }}",
  "{{ step.a.response }}",
  "a matches /(((a*)*)*)*b/",
  "1e999",
  "0x",
  ".inf",
  ".nan",
  "-9999999999999999999",
  "__proto__",
  "constructor",
  "pipeline: ",
  "version: ",
  'version: "0.1"\n',
  ...Object.keys(STEP_FIELDS).map((key) => `${key}: `),
];
const NAMES = [..."abcdefghijklmnopqrstuvwxyz"];

/** What kinds there are, and how many of a thousand. */
const KINDS: readonly (readonly [number, (random: Random) => string])[] = [
  [633, mutated],
  [300, (random) => Array.from({ length: random.below(40) }, () => random.of(PIECES)).join("")],
  [50, (random) => `version: "0.1"\npipeline: [{id: a, prompt: p, ${flow(random, 0)}}]\n`],
  [6, aliases],
  [10, nested],
  [1, huge],
];

export function fuzzText(seed: number, number: number): string {
  const random = new Random(seed, number);
  let at = random.below(1_000);
  for (const [share, make] of KINDS) {
    if (at < share) return make(random);
    at -= share;
  }
  return mutated(random);
}

/** @returns Whether it loaded. Throws an `AssertionError`, or whatever the loader threw. */
export function holdsFor(text: string): boolean {
  const files = { "/work/p.ail.yaml": text, "/work/base.yaml": VALID[0]! };
  const loaded = loadFaults({ files });
  if (!Array.isArray(loaded)) return true;
  assert.ok(loaded.length > 0, "it has no pipeline and no fault");
  for (const { type, detail } of loaded) {
    assert.ok(
      FAULT_TYPES.includes(type) && detail.length > 0,
      `a fault without a type or a sentence: ${type}`,
    );
  }
  return false;
}

/** Small and fast, and good enough to choose with. */
class Random {
  #state: number;

  constructor(seed: number, number: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
  }

  /** From 0 up to, and without, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** A file that was right, with some of it cut, doubled, moved or overwritten. */
function mutated(random: Random): string {
  let text = random.of(VALID);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const from = random.below(text.length + 1);
    const to = Math.min(text.length, from + random.below(30));
    const [before, cut, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
    switch (random.below(5)) {
      case 0:
        text = before + after;
        break;
      case 1:
        text = before + cut + cut + after;
        break;
      case 2:
        text = before + random.of(PIECES) + cut + after;
        break;
      case 3:
        text = before + random.of(PIECES) + after;
        break;
      default: {
        const other = random.of(VALID);
        const start = random.below(other.length);
        text = before + other.slice(start, start + random.below(60)) + after;
      }
    }
  }
  return text;
}

/** Keys of steps with values of any kind. */
function flow(random: Random, depth: number): string {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const key = random.of(Object.keys(STEP_FIELDS));
    const kind = random.below(depth > 3 ? 4 : 6);
    const value = kind < 4
      ? random.of([
        "a",
        "1",
        "-1",
        "true",
        "null",
        "''",
        "'{{ x }}'",
        "./x",
        "always",
        "a == b",
        "[]",
        "{}",
        "[a]",
      ])
      : kind === 4
      ? `{${flow(random, depth + 1)}}`
      : `[{${flow(random, depth + 1)}}]`;
    return `${key}: ${value}`;
  }).join(", ");
}

/** Aliases of aliases, and of themselves. */
function aliases(random: Random): string {
  const width = 1 + random.below(12);
  const depth = 1 + random.below(26);
  const isMap = random.below(2) === 0;
  const lines = NAMES.slice(0, depth).map((name, index) => {
    const inner = index === 0 || random.below(20) === 0
      ? "x"
      : `*${NAMES[random.below(8) === 0 ? index : index - 1]}`;
    const items = Array.from({ length: width }, (_, n) => isMap ? `k${n}: ${inner}` : inner).join(", ");
    return `${name}: &${name} ${isMap ? `{${items}}` : `[${items}]`}`;
  });
  return `${lines.join("\n")}\npipeline: [{id: a, prompt: p, output_schema: *${NAMES[depth - 1]}}]\n`;
}

/** One thing in another, in each way that YAML knows. */
function nested(random: Random): string {
  const depth = 1 + random.below(random.of([100, 1_000, 20_000]));
  switch (random.below(6)) {
    case 0:
      return "[".repeat(depth);
    case 1:
      return "{a: ".repeat(depth);
    case 2:
      return random.of(["- ", "? ", "- ? ", "&a ", "!x ", "'", "a: "]).repeat(depth);
    case 3:
      return `${"[".repeat(depth)}${"]".repeat(depth)}`;
    case 4: {
      const lines = Math.min(depth, 1_000);
      return Array.from({ length: lines }, (_, at) => `${" ".repeat(at)}${random.of(["a:", "-", "- a:"])}`)
        .join("\n");
    }
    default:
      return `version: "0.1"\npipeline:\n  - id: a\n    prompt: p\n    then: ${
        "[{prompt: x, then: ".repeat(depth)
      }`;
  }
}

/** A scalar, a key, a list or a map that is very long. */
function huge(random: Random): string {
  const size = 1 + random.below(random.of([10_000, 1_050_000]));
  switch (random.below(7)) {
    case 0:
      return `version: "${random.of(["x", "\\n", "\\u0041", "é"]).repeat(size / 6)}"`;
    case 1:
      return `version: "0.1"\npipeline:\n  - id: a\n    prompt: |\n${"      a line\n".repeat(size / 13)}`;
    case 2:
      return `${"k".repeat(size)}: v`;
    case 3:
      return Array.from({ length: size / 12 }, (_, at) => `k${at}: v`).join("\n");
    case 4:
      return `version: "0.1"\npipeline: [${"{id: a, prompt: p}, ".repeat(size / 20)}]`;
    case 5:
      return `version: "0.1"\npipeline: [{id: a, prompt: p, condition: "${
        "{{ x }} ".repeat(size / 8)
      }== b"}]`;
    default:
      return `# ${"c".repeat(size)}\n${"#\n".repeat(1 + random.below(1_000))}`;
  }
}
