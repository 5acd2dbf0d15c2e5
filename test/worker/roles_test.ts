/**
 * Every operation of the API, asked by a browser of each role: what the role does not cover is refused with 403 and
 * changes nothing; what it covers is not refused for who asks. The table of operations is the app's own.
 */
import assert from "node:assert/strict";
import { OPERATIONS } from "../../worker/app.ts";
import { type Role, roleMay, ROLES } from "../../worker/domain/role.ts";
import { deriveSessionKey, signProof } from "../../worker/domain/session.ts";
import type { Operation } from "../../worker/routes/operation.ts";
import { startGitHub } from "../fake/github.ts";
import { ADMIN_TOKEN, startPlane } from "../fake/plane.ts";
import { LIVE_ROUTES } from "./bad_input_lives.ts";
import { AGENT_ROUTES } from "./bad_input_agents.ts";
import { LINE_ROUTES } from "./bad_input_lines.ts";
import { PEOPLE_ROUTES } from "./bad_input_people.ts";
import { RUNNER_ROUTES } from "./bad_input_runners.ts";
import { TASK_ROUTES } from "./bad_input_tasks.ts";
import { makeWorld, type World } from "./bad_input_world.ts";
import { withFirstWords } from "./route_words.ts";

const BASE = "/api/owners/:owner/projects/:project";
const GOOD = new Map(
  [...LINE_ROUTES, ...TASK_ROUTES, ...RUNNER_ROUTES, ...PEOPLE_ROUTES, ...AGENT_ROUTES, ...LIVE_ROUTES].map((
    rows,
  ) => [rows.route, rows]),
);
/** Where the table's good request is that of a program, or there is none: what a person would send. */
const OF_PEOPLE: Readonly<
  Record<string, { readonly query?: string; readonly body?: (world: World) => unknown }>
> = {
  "PATCH B/runners/:runnerId": { body: () => ({ labels: ["gpu"] }) },
  "GET /api/git/:owner/:project/:repository/info/refs": { query: "service=git-upload-pack" },
  "POST /v1/gates": {
    body: ({ at }) => ({
      install: `${at.owner}/${at.project}`,
      ask: "approve",
      completion: { ac: "it is fine" },
    }),
  },
  "POST /v1/gates/:askId/redeem": { body: () => ({ decision: "reject", comment: "No." }) },
  "POST /v1/gates/:askId/delegate": { body: () => ({ to: "user:bob" }) },
  "POST /v1/gates/:askId/reassign": { body: () => ({ to: "user:bob" }) },
  "POST /v1/gates/:askId/snooze": { body: () => ({ until: "2099-01-01T00:00:00Z" }) },
  "POST /v1/gates/:askId/supersede": { body: () => ({ subject_rev: "r" }) },
  "POST /v1/gates/:askId/check": { body: () => ({ by: "judge", passed: true }) },
  "GET /v1/worklist": { query: "install=OWNER/PROJECT" },
  "POST /v1/notices": {
    body: ({ at }) => ({ install: `${at.owner}/${at.project}`, to: ["user:bob"], title: "t" }),
  },
  "PUT B/people": { body: () => ({ documents: {} }) },
  "POST B/webhooks": { body: () => ({ url: "https://example.org/hook" }) },
  "PUT B/webhooks/:webhookId": { body: () => ({ url: "https://example.org/hook" }) },
  "POST B/webhooks/:webhookId/replay": { body: () => ({ from: "2026-01-01T00:00:00Z" }) },
  "POST B/runners/:runnerId/approval-requests": {
    body: () => ({ jobId: "j", method: "GET", url: "https://example.org/" }),
  },
  "POST B/runners/:runnerId/approval-requests/:requestId": { body: () => ({ action: "approve" }) },
};
/** What somebody hears whose role does not cover the call, or who would need another token. */
const NOT_YOURS = new Set(["missing_scope", "wrong_token_kind", "unauthenticated", "token_of_other_project"]);
/**
 * An ask lets whoever may decide ask it, and refuses by its own state and by who they are to it; a request that is no
 * request to a person is not found. All of them change nothing.
 */
const NOT_COVERED = new Set(["missing_scope", "not_candidate", "gate_not_open", "gate_not_found"]);
/** The history is off here. */
const OFF = "history_off";

/** How everything stands. That somebody was refused is in an ask's audit, and no part of how it stands. */
async function standing(world: World): Promise<unknown> {
  const { gate, ...rest } = await world.dump() as { readonly gate: Readonly<Record<string, string>> };
  return { ...rest, gate: gate["gate"] };
}

/** The operation, as somebody of that role would send it from a page of ours. */
function requestOf(operation: Operation, role: Role, world: World) {
  const path = operation.paths[0]!;
  const route = `${operation.method.toUpperCase()} ${withFirstWords(path.replace(BASE, "B"))}`;
  const rows = GOOD.get(`${operation.method.toUpperCase()} ${path.replace(BASE, "B")}`);
  const query = (OF_PEOPLE[route]?.query ?? rows?.goodQuery)?.replace("OWNER/PROJECT", world.at.queueName);
  const body = OF_PEOPLE[route]?.body?.(world) ?? rows?.good;
  const url = withFirstWords(path).replace(
    /:(\w+)/g,
    (_, name: string) => world.ids[name] ?? `no-${name}`,
  );
  const proof = signProof(
    "session",
    { provider: "github", subject: role },
    Date.now() + 3_600_000,
    deriveSessionKey(ADMIN_TOKEN),
  );
  return {
    path: query === undefined ? url : `${url}?${query}`,
    options: {
      token: null,
      ...(body === undefined ? {} : { body }),
      headers: {
        cookie: `shopfloor_session=${proof}`,
        "sec-fetch-site": "same-origin",
        ...(path.endsWith("/ws") || path.endsWith("/socket")
          ? { upgrade: "websocket", connection: "upgrade" }
          : {}),
      },
    },
  };
}

/** Null: whoever has a token of the right kind. */
function expectation(
  operation: Operation,
  role: Role,
): "allowed" | "missing_scope" | "not_for_people" | "open" {
  const { tokens, scope } = operation;
  if (tokens.length === 0) return "open";
  if (tokens.includes("user")) {
    return scope === undefined || roleMay(role, scope) ? "allowed" : "missing_scope";
  }
  return "not_for_people";
}

Deno.test({
  name: "role by operation",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using github = startGitHub();
    await using plane = await startPlane({
      ...github.variables,
      SHOPFLOOR_ROLES: ROLES.map((role) => `github:${role}=${role}`).join(","),
    });
    const world = await makeWorld(plane);
    // What is refused comes first: the allowed ones delete the line, the runner and the rest.
    for (const wanted of ["missing_scope", "not_for_people", "allowed"] as const) {
      for (const role of ROLES) {
        await t.step(`${role}: ${wanted}`, async () => {
          const before = wanted === "allowed" ? null : await standing(world);
          const faults: string[] = [];
          let asked = 0;
          for (const operation of OPERATIONS) {
            if (expectation(operation, role) !== wanted) continue;
            asked++;
            const { path, options } = requestOf(operation, role, world);
            const answer = await plane.call(operation.method.toUpperCase(), path, options);
            const code = answer.json?.error?.code ?? "";
            const isRight = wanted === "missing_scope"
              ? NOT_COVERED.has(code)
              : wanted === "not_for_people"
              ? [401, 403].includes(answer.status) && (code === "" || NOT_YOURS.has(code))
              : answer.status !== 401 && (answer.status < 500 || code === OFF) && !NOT_YOURS.has(code);
            if (!isRight) {
              faults.push(
                `${operation.method} ${path}: ${answer.status} ${code} ${answer.text.slice(0, 100)}`,
              );
            }
          }
          assert.deepEqual(faults, []);
          assert.ok(role === "admin" && wanted === "missing_scope" ? asked === 0 : asked > 0, String(asked));
          if (before !== null) {
            assert.deepEqual(await standing(world), before, "nothing was changed");
          }
        });
      }
    }

    await t.step(
      "what another site starts in a signed-in browser is refused, whatever the role",
      async () => {
        const operation = OPERATIONS.find(({ method, tokens }) =>
          method === "post" && tokens.includes("user")
        )!;
        for (
          const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, {
            "sec-fetch-site": "none",
          }]
        ) {
          const { path, options } = requestOf(operation, "admin", world);
          const answer = await plane.call("POST", path, {
            ...options,
            headers: { ...options.headers, ...headers },
          });
          assert.equal(answer.json.error.code, "cross_site_request");
        }
      },
    );
  },
});
