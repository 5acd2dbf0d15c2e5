/**
 * The suites of `deno task test`: each test file is in exactly one. Pure; `test.ts` runs them.
 */

export interface Suite {
  readonly name: string;
  readonly what: string;
  /** A file belongs to the suite when any of these matches its path from the root. */
  readonly files: readonly RegExp[];
  /** Added to `deno test -A`. */
  readonly args?: readonly string[];
  /**
   * Its files share nothing (ports, names in the temporary directory, what is global in a process): two at a time in one
   * process, a thread each. The longest begin first: one that comes last is waited for alone.
   */
  readonly parallel?: { readonly slowFirst: readonly string[] };
  /** Its files share nothing: so many at a time, each in a process of its own; those of `slowFirst` begin first. */
  readonly lanes?: { readonly atOnce: number; readonly slowFirst: readonly string[] };
}

export const SUITES: readonly Suite[] = [
  {
    name: "pure",
    what: "decisions, with the clock, randomness, timers and the network taken away",
    files: [/^protocol\//, /^worker\/(domain|git)\//, /^runner-agent\/(domain|pipeline)\//],
    args: ["--preload=tools/purity_preload.ts"],
    parallel: { slowFirst: [] },
  },
  {
    name: "unit",
    what: "one file or folder at a time, with real files",
    files: [
      /^runner-agent\/(?!(ail|domain|pipeline|worktree|sidecar)\/)(?!container\/(podman_container|process_container|agent_session|no_such_process)_test\.ts$)(?!job\/(hub|pipeline\/(sandbox_calls|hostile_output|station_backends))_test\.ts$)/,
      /^tools\/(?!(setup|local)\/)/,
      /^worker\/((store|import|channels)\/|[^/]+$)/,
      /^test\/(fake|contract)\//,
      /^test\/(?!history)[^/]+$/,
      /^bench\/(?!queue\/process_tree_test\.ts$)/,
    ],
    parallel: { slowFirst: [] },
  },
  {
    name: "property",
    what: "properties, over thousands of made-up cases",
    files: [/^test\/property\//],
    parallel: {
      slowFirst: [
        "queue_model_test.ts",
        "socket_mixed_test.ts",
        "pipeline_fuzz_test.ts",
        "pipeline_materialize_test.ts",
        "queue_store_test.ts",
        "pipeline_load_test.ts",
      ],
    },
  },
  {
    name: "process",
    what: "one file or folder at a time, with real git, shells, processes and sqld",
    files: [
      /^runner-agent\/(ail|worktree|sidecar)\//,
      /^runner-agent\/container\/(process_container|agent_session|no_such_process)_test\.ts$/,
      /^runner-agent\/job\/(hub|pipeline\/(sandbox_calls|hostile_output|station_backends))_test\.ts$/,
      /^tools\/local\//,
      /^test\/docs\//,
      /^test\/history[^/]*$/,
      /^test\/golden\//,
      /^bench\/queue\/process_tree_test\.ts$/,
    ],
    parallel: {
      slowFirst: [
        "worktree_list_test.ts",
        "work_between_stations_test.ts",
        "worktree_manager_test.ts",
        "services_test.ts",
      ],
    },
  },
  {
    name: "runner",
    what: "the whole runner, from its command line to its reports",
    files: [/^test\/runner\//],
  },
  {
    name: "worker",
    what: "the Worker and its objects in real workerd",
    files: [/^test\/(objects|worker|routes|pages)\//, /^worker\/(objects|routes|middleware|pages|stubs)\//],
  },
  {
    name: "scenario",
    what: "whole lines from folders of input and expected output",
    files: [/^test\/scenario\//],
  },
  {
    name: "interop",
    what: "over the wire only: stock git, and the protocol as any server and any runner must speak it",
    files: [/^test\/interop\//],
  },
  {
    name: "podman",
    what: "real containers, images and the whole demo",
    files: [
      /^test\/(podman|demo)\//,
      /^runner-agent\/container\/podman_container_test\.ts$/,
      /^tools\/setup\//,
    ],
    lanes: {
      atOnce: 2,
      slowFirst: [
        "agent_clis_rootless_test.ts",
        "agent_clis/gemini_test.ts",
        "agent_clis/opencode_test.ts",
        "agent_clis/codex_test.ts",
        "agent_clis/claude_test.ts",
        "demo_test.ts",
        "kill_test.ts",
        "escape_rootless_test.ts",
        "escape_test.ts",
      ],
    },
  },
  {
    name: "chaos",
    what: "Worker, runners and history killed at random while tasks go through",
    files: [/^test\/chaos\//],
  },
  { name: "browser", what: "the board in a real browser", files: [/^test\/browser\//] },
  { name: "harness", what: "the real agent CLIs against a scripted model", files: [/^test\/harness\//] },
];

/** A test by its name that is ours: the demo's projects have tests of their own and are guests here. */
export function isTestFile(file: string): boolean {
  return /_test\.tsx?$/.test(file) && !/^examples\/projects\//.test(file);
}

/** Files by suite, and the files that are in no suite or in several, with what to do. */
export function assignFiles(
  files: readonly string[],
): { readonly bySuite: ReadonlyMap<string, readonly string[]>; readonly problems: readonly string[] } {
  const bySuite = new Map<string, string[]>(SUITES.map((suite) => [suite.name, []]));
  const problems: string[] = [];
  for (const file of [...files].sort()) {
    const names = SUITES.filter((suite) => suite.files.some((pattern) => pattern.test(file))).map((suite) =>
      suite.name
    );
    if (names.length === 1) bySuite.get(names[0]!)!.push(file);
    else if (names.length === 0) {
      problems.push(`${file}: is in no suite: add its folder to tools/test_suites.ts`);
    } else {problems.push(
        `${file}: is in several suites (${names.join(", ")}): make their patterns exclude each other`,
      );}
  }
  return { bySuite, problems };
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const CASES = /<testcase\b((?:"[^"]*"|[^">/])*)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(failure|error)\b/;

/** The files with a case that failed, by a JUnit report as `deno test --junit-path` writes it; paths from the root. */
export function failedFiles(junit: string): readonly string[] {
  const files = [...junit.matchAll(CASES)]
    .filter(([, , body]) => FAILURE.test(body ?? ""))
    .map(([, attributes]) => /\bclassname="(?:\.\/)?([^"]*)"/.exec(attributes ?? "")?.[1] ?? "");
  return [...new Set(files)].filter((file) => isTestFile(file)).sort();
}

/** Counts the test cases of a JUnit report as `deno test --junit-path` writes it; a step of a test is a case of its own. */
export function countCases(junit: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, attributes, body] of junit.matchAll(CASES)) {
    if (attributes === undefined) continue;
    if (FAILURE.test(body ?? "")) counts.failed++;
    else if (/<skipped\b/.test(body ?? "")) counts.skipped++;
    else counts.passed++;
  }
  return counts;
}
