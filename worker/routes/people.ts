/** The documents that say who is asked: read by whoever may read the project, put by its admin. Every version is kept. */
import { type Context, Hono } from "hono";
import { documentsBody, peopleInput } from "../../protocol/autonomy/people.ts";
import { peopleAnswer, peopleVersionsAnswer } from "../../protocol/autonomy/people_wire.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { AppEnv } from "../app_env.ts";
import type { PeopleDocuments } from "../domain/people/documents.ts";
import type { DocumentsVersion } from "../domain/people_api.ts";
import { refusalResponse } from "../errors.ts";
import { people } from "../stubs/people.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { peopleRefusal } from "./people_refusal.ts";

const PATH = `${PROJECT_PATH}/people`;

/** `GET` and `PUT .../people`, and its versions. */
export function createPeopleRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const reader = await c.var.queue.authorizeScope(c.var.caller, { scope: "tasks:read", isLineFine: true });
    if (!reader.ok) return answer(reader);
    const { documents, ...version } = await peopleOf(c).documents();
    return c.json(versionBody(version, shownTo(reader.value, documents)));
  });

  app.put(PATH, async (c) => {
    const body = await readBody(c, peopleInput);
    if (!body.ok) return body.error;
    const admin = await c.var.queue.authorizeScope(c.var.caller, { scope: "*", isLineFine: false });
    if (!admin.ok) return answer(admin);
    const by = admin.value.principal;
    const put = await peopleOf(c).putDocuments({ ...body.value, by, baseUrl: baseUrlOf(c) });
    if (!put.ok) return refusalResponse(peopleRefusal(put.error));
    const { documents, ...version } = await peopleOf(c).documents();
    return c.json(versionBody(version, documents));
  });

  app.get(`${PATH}/versions`, async (c) => {
    const reader = await c.var.queue.authorizeScope(c.var.caller, { scope: "tasks:read", isLineFine: true });
    if (!reader.ok) return answer(reader);
    const versions = await peopleOf(c).documentVersions();
    return c.json({ versions: versions.map((version) => versionBody(version)) });
  });

  app.get(`${PATH}/versions/:version`, async (c) => {
    const reader = await c.var.queue.authorizeScope(c.var.caller, { scope: "tasks:read", isLineFine: true });
    if (!reader.ok) return answer(reader);
    const wanted = c.req.param("version");
    const found = await peopleOf(c).documentVersion(/^\d{1,9}$/.test(wanted) ? Number(wanted) : 0);
    if (!found.ok) return refusalResponse(peopleRefusal(found.error));
    const { documents, ...version } = found.value;
    return c.json(versionBody(version, shownTo(reader.value, documents)));
  });
  return app;
}

function peopleOf(c: Context<AppEnv>) {
  const { owner, project } = c.var.at;
  return people(c.env, owner, project);
}

/** How people are reached (an address of a webhook may be a secret itself) is the admin's to know. */
function shownTo({ isAdmin }: { readonly isAdmin: boolean }, documents: PeopleDocuments): ShownDocuments {
  if (isAdmin) return documents;
  const people = documents.people.map(({ channels, ...rest }) => ({
    ...rest,
    channels: channels.map(({ kind }) => ({ kind })),
  }));
  return { ...documents, people };
}

function versionBody({ version, by, atMs }: DocumentsVersion, documents?: ShownDocuments) {
  const at = atMs === null ? null : isoTime(atMs);
  return { version, by, at, ...(documents === undefined ? {} : { documents: documentsBody(documents) }) };
}

type ShownDocuments = Parameters<typeof documentsBody>[0];

const READ = { tag: "People", method: "get", tokens: ["user"], scope: "tasks:read" } as const;

export const PEOPLE_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [PATH],
    summary: "Who is asked: people, schedules, policies",
    description: "Addresses of channels are the admin's to see.",
    answers: { 200: peopleAnswer },
  },
  {
    tag: "People",
    method: "put",
    paths: [PATH],
    tokens: ["user"],
    scope: "*",
    summary: "Replace who is asked",
    description: "All documents at once. With `expectedVersion`, only that version is replaced.",
    body: peopleInput,
    answers: { 200: peopleAnswer },
    refusals: ["409 version_conflict"],
  },
  {
    ...READ,
    paths: [`${PATH}/versions`],
    summary: "Who put which version, the newest first",
    answers: { 200: peopleVersionsAnswer },
  },
  {
    ...READ,
    paths: [`${PATH}/versions/:version`],
    summary: "One version of the documents",
    answers: { 200: peopleAnswer },
    refusals: ["404 version_not_found"],
  },
];
