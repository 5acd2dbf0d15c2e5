/**
 * Wrong input at every route: the right status, a stable code, a message that says what was expected and what came, and
 * nothing stored that was not stored before. The table is complete: every route of the app is in it.
 */
import assert from "node:assert/strict";
import { createApp } from "../../worker/app.ts";
import { ADMIN_TOKEN, type Answer, type CallOptions, startPlane } from "../fake/plane.ts";
import type { Audience, BadRow, RouteRows } from "./bad_input_row.ts";
import { GATE_ROUTES } from "./bad_input_gates.ts";
import { AGENT_ROUTES } from "./bad_input_agents.ts";
import { CHANNEL_ROUTES } from "./bad_input_channels.ts";
import { LIVE_ROUTES } from "./bad_input_lives.ts";
import { LINE_ROUTES } from "./bad_input_lines.ts";
import { PAGE_ROUTES } from "./bad_input_pages.ts";
import { PEOPLE_ROUTES } from "./bad_input_people.ts";
import { RUNNER_ROUTES } from "./bad_input_runners.ts";
import { TASK_ROUTES } from "./bad_input_tasks.ts";
import { WORKLIST_ROUTES } from "./bad_input_worklist.ts";
import { makeWorld, UNKNOWN_ID, type World } from "./bad_input_world.ts";
import { withFirstWords } from "./route_words.ts";

const BASE = "/api/owners/:owner/projects/:project";

const ROUTES = [
  ...LINE_ROUTES,
  ...TASK_ROUTES,
  ...RUNNER_ROUTES,
  ...AGENT_ROUTES,
  ...CHANNEL_ROUTES,
  ...PEOPLE_ROUTES,
  ...GATE_ROUTES,
  ...WORKLIST_ROUTES,
  ...LIVE_ROUTES,
  ...PAGE_ROUTES,
];

Deno.test({
  name: "wrong input at every route",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await t.step("every route of the app is in the table, and every row names a route", () => {
      const registered = createApp().routes.filter((route) => route.method !== "ALL")
        .map((route) => `${route.method} ${route.path.replace(BASE, "B")}`);
      assert.deepEqual([...new Set(registered)].sort(), ROUTES.map((rows) => rows.route).sort());
    });
    // Its runs must not end while the table is gone through, however slow the machine is.
    await using plane = await startPlane({ SHOPFLOOR_LEASE_MS: "3600000" });
    const world = await makeWorld(plane);
    let stored = await world.dump();
    for (const rows of ROUTES) {
      await t.step(rows.route, async () => {
        const faults: string[] = [];
        for (const row of [...audienceRows(rows, world), ...generalRows(rows), ...(rows.rows ?? [])]) {
          faults.push(...await tryRow(world, rows, row));
        }
        const before = stored;
        stored = await world.dump();
        assert.deepEqual(faults, []);
        assert.deepEqual(stored, before, "what is stored must be unchanged");
      });
    }
    await t.step("a path or method that is no route is 404", async () => {
      for (
        const [method, path] of [["GET", "/api/nothing"], ["DELETE", world.at.base], ["PATCH", "/healthz"]]
      ) {
        const answer = await plane.call(method!, path!);
        assert.equal(answer.status, 404);
        assert.equal(answer.json.error.code, "route_not_found");
        assert.match(answer.json.error.message, /^Cannot find (GET|DELETE|PATCH) /);
      }
    });
  },
});

const ANY_TOKEN = { status: 401, code: "unauthenticated", says: /Authorization: Bearer TOKEN/ };

type TriedRow = BadRow & { readonly token?: string | null };

/** What the wrong tokens of a route's audience get. */
function audienceRows(rows: RouteRows, { tokens }: World): TriedRow[] {
  const refuse = (
    what: string,
    token: string | null,
    status: number,
    code: string,
    says?: RegExp,
  ): TriedRow =>
    rows.route.includes("/api/git/")
      ? { what, token, status, ...(says === undefined ? {} : { says }) }
      : { what, token, status, code, ...(says === undefined ? {} : { says }) };
  const strangers = [
    refuse("no token", null, 401, "unauthenticated", /Authorization: Bearer TOKEN/),
    refuse("a token that nobody made", "garbage", 401, "unauthenticated"),
    refuse("the token of another project", tokens.foreign, 403, "token_of_other_project", /another project/),
    {
      ...refuse(
        "a header that is no bearer",
        null,
        401,
        "malformed_authorization",
        /expected 'Bearer TOKEN'/,
      ),
      code: "malformed_authorization",
      headers: { authorization: "Bearer" },
    },
  ];
  const wrongKind = (...kinds: readonly ("user" | "runner" | "job" | "repository")[]) =>
    kinds.map((kind) =>
      refuse(
        `a ${kind} token`,
        tokens[kind],
        403,
        "wrong_token_kind",
        new RegExp(`with a ${kind} token: expected`),
      )
    );
  // No path names the project, so that a token of another one is any other token, and that of a run is nobody's.
  const placeless = [
    ...strangers.map((row) => row.code === "token_of_other_project" ? { ...row, ...ANY_TOKEN } : row),
    ...(["job", "repository"] as const).map((kind) => ({
      what: `a ${kind} token`,
      token: tokens[kind],
      ...ANY_TOKEN,
    })),
  ];
  const byAudience: Record<Audience, () => TriedRow[]> = {
    open: () => [],
    any: () => [
      ...strangers,
      ...wrongKind("repository", ...(rows.route.includes("/tasks/:taskId") ? [] : ["job" as const])),
    ],
    user: () => [...strangers, ...wrongKind("runner", "job", "repository")],
    runner: () => [...strangers, ...wrongKind("user", "job", "repository")],
    artifact: () => [...strangers, ...wrongKind("runner", "repository")],
    socket: () => [...strangers, ...wrongKind("job", "repository")],
    agent: () => [...strangers, ...wrongKind("user", "runner", "repository")],
    job: () => [...strangers, ...wrongKind("repository")],
    stream: () => [...strangers, ...wrongKind("repository")],
    git: () => strangers,
    admin: () => [
      refuse("no token", null, 401, "unauthenticated"),
      refuse("a user token", tokens.user, 403, "wrong_token_kind", /expected a token of kind admin/),
    ],
    link: () => [
      refuse("no token", null, 401, "unauthenticated", /token of a gate link/),
      refuse("a token that is no link's", "garbage", 400, "token_malformed", /expected 'oag1\.'/),
      refuse("a link that we did not make", forged(tokens.link), 401, "token_forged"),
    ],
    ask: () => [
      ...placeless,
      refuse("a link that we did not make", forged(tokens.link), 401, "token_forged"),
    ],
    install: () => [...placeless, ...wrongKind("runner")],
    page: () => [
      { what: "nobody", token: null, status: 303 },
      { what: "a runner", token: tokens.runner, status: 303 },
    ],
  };
  return byAudience[rows.audience]();
}

/** What is wrong at every route of its kind. */
function generalRows(rows: RouteRows): BadRow[] {
  const out: BadRow[] = [];
  if (rows.isJson) {
    out.push(
      { what: "broken JSON", body: '{"a":', status: 400, code: "invalid_json", says: /expected JSON/ },
      {
        what: "a list",
        body: [1],
        status: 400,
        code: "invalid_input",
        says: /expected object, (received|came) array/,
      },
      {
        what: "a body that is too large",
        body: " ".repeat(1_048_577),
        status: 413,
        code: "body_too_large",
        says: /at most 1048576 bytes/,
      },
    );
  }
  if (rows.isStrict) {
    out.push({
      what: "an unknown field",
      body: { ...rows.good as object, surprise: 1 },
      status: 400,
      code: "invalid_input",
      says: /expected only fields of the protocol, came 'surprise'/,
    });
  }
  for (const [id, code] of Object.entries(rows.unknown ?? {})) {
    const status = code === "not_your_runner" ? 403 : 404;
    out.push({ what: `an unknown ${id}`, ids: { [id]: UNKNOWN_ID }, status, code });
  }
  if (rows.route.includes(" B")) {
    for (const name of ["owner", "project"]) {
      const what = `an impossible ${name}`;
      out.push({
        what,
        ids: { [name]: "-x" },
        status: 404,
        code: "project_not_found",
        says: /expected.*names of letters/,
      });
    }
  }
  return out;
}

/** What is wrong with the answer to one row; nothing if it is as it must be. */
async function tryRow(world: World, rows: RouteRows, row: TriedRow): Promise<string[]> {
  const [method = "", pattern = ""] = rows.route.split(" ");
  const ids = { ...world.ids, ...row.ids };
  for (const name of ["running", "ended"]) if (ids["taskId"] === name) ids["taskId"] = world.ids[name]!;
  const path = withFirstWords(pattern.replace(/^B/, BASE))
    .replace(/:(\w+)/g, (_, name: string) => ids[name] ?? `no-${name}`);
  const ofProject = (text: string) => text.replaceAll("OWNER/PROJECT", world.at.queueName);
  const wantedQuery = row.query ?? rows.goodQuery;
  const query = wantedQuery === undefined ? undefined : ofProject(wantedQuery);
  const sent = "body" in row ? row.body : rows.good;
  const body = typeof sent === "object" ? JSON.parse(ofProject(JSON.stringify(sent))) : sent;
  const options: CallOptions = {
    token: row.isAdmin
      ? ADMIN_TOKEN
      : row.isForeign
      ? "garbage"
      : row.token === undefined
      ? tokenFor(rows.audience, world)
      : row.token,
    ...(body === undefined ? {} : { body }),
    headers: {
      ...(pattern.endsWith("/ws") ? { upgrade: "websocket", connection: "upgrade" } : {}),
      ...row.headers,
    },
  };
  const answer = await world.plane.call(
    method,
    query === undefined ? path : `${path}?${query}`,
    options,
  );
  return faultsOf(row, answer).map((fault) => `${row.what}: ${fault}`);
}

function faultsOf(row: TriedRow, answer: Answer): string[] {
  const faults: string[] = [];
  const short = answer.text.slice(0, 300);
  if (answer.status !== row.status) faults.push(`status ${answer.status}, expected ${row.status}: ${short}`);
  if (row.code !== undefined) {
    const error = answer.json?.error;
    if (error?.code !== row.code) faults.push(`code ${error?.code}, expected ${row.code}: ${short}`);
    if (typeof error?.message !== "string" || !error.message.startsWith("Cannot ")) {
      faults.push(`message: ${short}`);
    }
  }
  const said = row.code === undefined ? answer.text : answer.json?.error?.message ?? "";
  if (row.says !== undefined && !row.says.test(said)) {
    faults.push(`does not say ${row.says}: ${said.slice(0, 300)}`);
  }
  if (/(sf_(user|runner|job|repository)|pct)_[0-9a-f]{8}_/.test(answer.text)) faults.push("repeats a token");
  return faults;
}

function tokenFor(audience: Audience, { tokens }: World): string | null {
  switch (audience) {
    case "runner":
      return tokens.runner;
    case "link":
      return tokens.link;
    case "agent":
    case "artifact":
      return tokens.job;
    case "open":
      return null;
    default:
      return tokens.user;
  }
}

/** The same token with another mac. */
function forged(link: string): string {
  return link.slice(0, -1) + (link.endsWith("A") ? "Q" : "A");
}
