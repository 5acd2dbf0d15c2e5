/**
 * Who may import whom: the one table (design, section 3), and the decision over it. Pure; `arrows_plugin.ts` applies it.
 *
 * A file belongs to the area with the longest matching path. Tests beside the code (`x_test.ts`) may import anything, and
 * nothing may import them.
 */

/** What one area may import. An entry that ends with `/` is a folder, else a file. */
export interface Area {
  readonly path: string;
  /** Folders and files of this repository, besides the area itself. */
  readonly may: readonly string[];
  /** Of these only types, which leave no trace at run time. */
  readonly mayTypes?: readonly string[];
  /** Packages and platform modules; `node:*` stands for all of Node's. */
  readonly packages: readonly string[];
  /** Of these only types, such as `z.infer`. */
  readonly packageTypes?: readonly string[];
  /** Files of the area must not import each other, as they meet only where they are wired, except these. */
  readonly apartFrom?: readonly string[];
}

const WORKER_GROUND = [
  "worker/env.ts",
  "worker/app_env.ts",
  "worker/errors.ts",
  "worker/limits.ts",
  "worker/ports.ts",
];
const RUNNER_GROUND = [
  "protocol/",
  "runner-agent/domain/",
  "runner-agent/ports.ts",
  "runner-agent/container_ports.ts",
  "runner-agent/agent_ports.ts",
  "runner-agent/question_ports.ts",
  "runner-agent/limits.ts",
];
const HISTORY_READ = ["read", "line_read", "metrics_read", "runner_read"].map((name) =>
  `worker/store/history/${name}.ts`
);

/** A folder of the runner that does one thing; they know each other only through `ports.ts`. */
function shell(name: string, packages: readonly string[] = []): Area {
  return { path: `runner-agent/${name}/`, may: RUNNER_GROUND, packages: ["node:*", ...packages] };
}

export const AREAS: readonly Area[] = [
  { path: "protocol/", may: [], packages: ["zod", "@noble/hashes"] },

  {
    path: "worker/domain/",
    may: ["protocol/", "worker/limits.ts"],
    // The validator interprets schemas: nothing is compiled, as Workers may not.
    packages: ["@noble/hashes", "@cfworker/json-schema"],
    packageTypes: ["zod"],
  },
  {
    path: "worker/git/",
    may: ["protocol/", "worker/limits.ts"],
    packages: ["node:crypto", "node:zlib", "diff"],
  },
  { path: "worker/stubs/", may: ["protocol/", "worker/env.ts"], mayTypes: ["worker/domain/"], packages: [] },
  {
    path: "worker/middleware/",
    may: ["protocol/", "worker/domain/", "worker/stubs/", ...WORKER_GROUND],
    packages: ["hono", "@noble/hashes", "node:crypto"],
  },
  {
    path: "worker/store/",
    may: ["protocol/", "worker/limits.ts", "worker/ports.ts", "migrations/"],
    mayTypes: ["worker/domain/", "worker/git/"],
    packages: ["drizzle-orm", "@libsql/client"],
  },
  // The queue's store rebuilds its state from the log with the same function that the deciders' changes go through.
  {
    path: "worker/store/queue/",
    may: ["protocol/", "worker/domain/", "worker/store/", "worker/limits.ts", "worker/ports.ts"],
    packages: ["drizzle-orm"],
  },
  {
    path: "worker/objects/",
    may: [
      "protocol/",
      "worker/domain/",
      "worker/store/",
      "worker/git/",
      "worker/ports.ts",
      "worker/env.ts",
      "worker/limits.ts",
      // How people are told.
      "worker/channels/outgoing.ts",
      // A socket's refusals have the codes of HTTP.
      "worker/errors.ts",
      "migrations/",
    ],
    // Objects open their storage; queries are the store's.
    packages: ["cloudflare:workers", "@noble/hashes", "drizzle-orm/durable-sqlite"],
  },
  // What comes from other people's services and goes there: signatures, payloads, messages.
  {
    path: "worker/channels/",
    may: ["protocol/", "worker/domain/", "worker/limits.ts", "worker/ports.ts", "worker/errors.ts"],
    packages: ["zod", "@noble/hashes", "standardwebhooks"],
  },
  // Trackers, CI and search engines that agents' tools ask.
  {
    path: "worker/providers/",
    may: ["protocol/", "worker/domain/", "worker/limits.ts", "worker/ports.ts"],
    packages: ["zod"],
  },
  // What the tools of an agent do, once it is known whose agent it is.
  {
    path: "worker/tools/",
    may: ["protocol/", "worker/domain/", "worker/stubs/", "worker/providers/", ...WORKER_GROUND],
    packages: [],
  },
  // Lines out of repositories that are elsewhere: git's wire from the client's side.
  {
    path: "worker/import/",
    may: ["protocol/", "worker/git/", "worker/domain/public_url.ts", "worker/limits.ts"],
    packages: [],
  },
  {
    path: "worker/routes/",
    may: [
      "protocol/",
      "worker/domain/",
      "worker/import/",
      "worker/channels/",
      "worker/tools/",
      "worker/stubs/",
      "worker/pages/",
      "worker/middleware/body_limit.ts",
      // What two versions of a text differ in.
      "worker/git/unified_diff.ts",
      ...HISTORY_READ,
      ...WORKER_GROUND,
    ],
    packages: ["hono", "zod", "node:crypto"],
    // These are no routes: what several of them say or read in the same way.
    apartFrom: [
      "answer",
      "input",
      "gate_calls",
      "gate_link",
      "gate_refusal",
      "gate_responder",
      "channel_lookup",
      "channel_outcome",
      "gate_wire",
      "page_response",
      "session_cookie",
      "waiting_count",
      "opened_task",
      "task_evidence",
      "asset_files",
      "gate_evidence",
      "gate_form",
      "operation",
      "ustar",
      "openapi_document",
      "import_refusal",
      "people_refusal",
      "tool_refusal",
      "line_import",
      "line_page_answer",
      "line_text_input",
      "opened_project",
      "opened_library",
      "library_access",
      "agent_view",
      "ustar_read",
      "live_place",
    ].map((name) => `worker/routes/${name}.ts`),
  },
  {
    path: "worker/pages/",
    may: ["protocol/", "worker/domain/", "worker/stubs/", ...HISTORY_READ, ...WORKER_GROUND],
    // Drawings are made on the server.
    packages: ["hono", "echarts", "@dagrejs/dagre"],
  },
  // The terminal's files, as text.
  { path: "worker/pages/assets/", may: ["protocol/"], packages: ["@xterm/xterm", "@xterm/addon-fit"] },
  { path: "worker/limits.ts", may: ["protocol/", "worker/agent_limits.ts"], packages: [] },
  { path: "worker/agent_limits.ts", may: ["protocol/"], packages: [] },
  { path: "worker/", may: ["protocol/", "worker/domain/", ...WORKER_GROUND], packages: ["hono", "zod"] },
  {
    path: "worker/scheduled.ts",
    may: ["protocol/", "worker/domain/", "worker/store/history/prune.ts", ...WORKER_GROUND],
    packages: [],
  },
  { path: "worker/app.ts", may: ["protocol/", "worker/"], packages: ["hono"] },
  { path: "worker/main.ts", may: ["protocol/", "worker/"], packages: ["hono", "cloudflare:workers"] },

  {
    path: "runner-agent/domain/",
    may: ["protocol/", "runner-agent/limits.ts"],
    mayTypes: ["runner-agent/ports.ts", "runner-agent/agent_ports.ts"],
    packages: ["@noble/hashes"],
  },
  {
    path: "runner-agent/pipeline/",
    may: ["protocol/"],
    // Paths as text only; expressions of people's files run in linear time.
    packages: ["yaml", "ajv", "ajv-formats", "ajv-draft-04", "re2js", "node:path/posix"],
  },
  // The pipeline language's command line: carries out what the engine asks for, and keeps its log.
  {
    path: "runner-agent/ail/",
    // The sessions of one CLI are mended before they are resumed, here as in a sandbox.
    may: [...RUNNER_GROUND, "runner-agent/pipeline/", "runner-agent/harness/gemini_mend.ts"],
    packages: ["node:*", "commander", "@libsql/client", "yaml", "zod"],
  },
  shell("control", ["zod"]),
  shell("container"),
  shell("worktree"),
  shell("harness", ["smol-toml"]),
  shell("template", ["yaml", "zod"]),
  shell("sidecar"),
  // What a runner is configured with, of files, with a place for each value.
  {
    path: "runner-agent/settings/",
    may: [...RUNNER_GROUND, "runner-agent/template/yaml_document.ts"],
    packages: ["node:*", "zod"],
  },
  {
    path: "runner-agent/config.ts",
    may: [...RUNNER_GROUND, "runner-agent/settings/"],
    packages: ["node:*"],
  },
  // An agent in a terminal: what is done to it and what it tells, over the ports of the sandbox and the harness.
  shell("agent", ["zod", "@libsql/client"]),
  // Boots an agent CLI against a model of our own: made of everything that a run is made of.
  {
    path: "runner-agent/probe/",
    may: ["protocol/", "runner-agent/"],
    packages: ["node:*", "zod"],
  },
  shell("credential"),
  shell("egress"),
  shell("mcp", ["zod", "@modelcontextprotocol/sdk"]),
  shell("memory", ["@zip.js/zip.js"]),
  shell("log"),
  shell("link", ["@noble/hashes"]),
  {
    path: "runner-agent/job/",
    may: ["protocol/", "runner-agent/"],
    packages: ["node:*", "@libsql/client", "drizzle-orm", "zod"],
  },
  { path: "runner-agent/limits.ts", may: ["protocol/", "runner-agent/agent_limits.ts"], packages: [] },
  { path: "runner-agent/agent_limits.ts", may: ["protocol/"], packages: [] },
  { path: "runner-agent/", may: RUNNER_GROUND, packages: ["node:*", "zod"] },
  {
    path: "runner-agent/command_line.ts",
    may: ["protocol/", "runner-agent/config.ts"],
    packages: ["node:*", "commander"],
  },
  { path: "runner-agent/main.ts", may: ["protocol/", "runner-agent/"], packages: ["node:*"] },
];

/** Wired once: nobody imports these, except that `main.ts` imports `app.ts`. */
const ENTRY_POINTS: Readonly<Record<string, readonly string[]>> = {
  "worker/main.ts": [],
  "worker/app.ts": ["worker/main.ts"],
  "runner-agent/main.ts": [],
};

/** The area of a file, or null for what has no rules (tests, tools, benchmarks). `file` is relative to the root. */
export function areaOf(file: string): Area | null {
  if (isTestFile(file)) return null;
  let best: Area | null = null;
  for (const area of AREAS) {
    if (covers(area.path, file) && area.path.length > (best?.path.length ?? 0)) best = area;
  }
  return best;
}

/** Is this a test, or something made only for the tests beside it? */
export function isTestFile(file: string): boolean {
  return /_test(_[a-z0-9_]+)?\.tsx?$/.test(file) || file.endsWith(".contract.ts");
}

/**
 * Why `file` must not import `target`, or null when it may.
 *
 * @param target a path relative to the root, or the name of a package such as `npm:hono/jsx` or `node:zlib`.
 * @example
 * ```ts
 * forbidden("worker/domain/queue.ts", "worker/store/x.ts", "value"); // "worker/domain must never import worker/store"
 * ```
 */
export function forbidden(
  file: string,
  target: { readonly kind: "file"; readonly path: string } | {
    readonly kind: "package";
    readonly name: string;
  },
  what: "value" | "types",
): string | null {
  const area = areaOf(file);
  if (area === null) return null;
  const from = label(area.path, file);
  if (target.kind === "package") {
    const packages = what === "types" ? [...area.packages, ...(area.packageTypes ?? [])] : area.packages;
    const isAllowed = packages.some((name) =>
      name === "node:*"
        ? target.name.startsWith("node:")
        : target.name === name || target.name.startsWith(`${name}/`)
    );
    return isAllowed ? null : `${from} must never import the package ${target.name}`;
  }
  const { path } = target;
  if (isTestFile(path)) return `${from} must never import what is made for tests: ${path}`;
  const importers = ENTRY_POINTS[path];
  if (importers !== undefined && !importers.includes(file)) {
    return `nobody may import ${path}: it only wires the program`;
  }
  if (areaOf(path) === area && area.path.endsWith("/")) {
    const isApart = area.apartFrom !== undefined && file !== path && !area.apartFrom.includes(path);
    return isApart ? `${from} must never import another file of ${from}: ${path}` : null;
  }
  if (area.may.some((allowed) => covers(allowed, path))) return null;
  const areaPath = areaOf(path)?.path ?? path;
  if ((area.mayTypes ?? []).some((allowed) => covers(allowed, path))) {
    return what === "types"
      ? null
      : `${from} must never import more than types from ${label(areaPath, path)}`;
  }
  return `${from} must never import ${label(areaPath, path)}`;
}

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern;
}

/** A folder by its name; a file, and what lies beside the folders of a program, by its path. */
function label(areaPath: string, file: string): string {
  return areaPath === "worker/" || areaPath === "runner-agent/" || !areaPath.endsWith("/")
    ? file
    : areaPath.slice(0, -1);
}
