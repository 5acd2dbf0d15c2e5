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
import { LINE_ROUTES } from "./bad_input_lines.ts";
import { PEOPLE_ROUTES } from "./bad_input_people.ts";
import { RUNNER_ROUTES } from "./bad_input_runners.ts";
import { TASK_ROUTES } from "./bad_input_tasks.ts";
import { makeWorld, type World } from "./bad_input_world.ts";

const BASE = "/api/owners/:owner/projects/:project";
const GOOD = new Map(
  [...LINE_ROUTES, ...TASK_ROUTES, ...RUNNER_ROUTES, ...PEOPLE_ROUTES].map((rows) => [rows.route, rows]),
);
/** Whom a session is: these operations are for programs, or for the holder of a link. */
const REFUSED_TO_PEOPLE = new Set(["wrong_token_kind", "unauthenticated"]);

/** The operation, as somebody of that role would send it from a page of ours. */
function requestOf(operation: Operation, role: Role, world: World) {
  const path = operation.paths[0]!;
  const rows = GOOD.get(`${operation.method.toUpperCase()} ${path.replace(BASE, "B")}`);
  const url = path.replace(/\{[^}]*\}/g, "").replace(
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
    path: rows?.goodQuery === undefined ? url : `${url}?${rows.goodQuery}`,
    options: {
      token: null,
      ...(rows?.good === undefined ? {} : { body: rows.good }),
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
  if (tokens.includes("admin")) return role === "admin" ? "allowed" : "not_for_people";
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
          const before = wanted === "allowed" ? null : await world.dump();
          const faults: string[] = [];
          let asked = 0;
          for (const operation of OPERATIONS) {
            if (expectation(operation, role) !== wanted) continue;
            asked++;
            const { path, options } = requestOf(operation, role, world);
            const answer = await plane.call(operation.method.toUpperCase(), path, options);
            const code = answer.json?.error?.code ?? "";
            const isRight = wanted === "missing_scope"
              ? answer.status === 403 && code === "missing_scope"
              : wanted === "not_for_people"
              ? [401, 403].includes(answer.status)
              : ![401, 403].includes(answer.status);
            if (!isRight) {
              faults.push(
                `${operation.method} ${path}: ${answer.status} ${code} ${answer.text.slice(0, 100)}`,
              );
            }
            if (wanted === "not_for_people" && code !== "" && !REFUSED_TO_PEOPLE.has(code)) {
              faults.push(`${operation.method} ${path}: ${code}`);
            }
          }
          assert.deepEqual(faults, []);
          assert.ok(role === "admin" && wanted === "missing_scope" ? asked === 0 : asked > 0, String(asked));
          if (before !== null) {
            assert.deepEqual(await world.dump(), before, "what is stored must be unchanged");
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
