/** Projects and their user tokens. */
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { labelMatching } from "../../protocol/line/fields.ts";
import { projectAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const URL_MAX_CHARS = 2_000;
const projectInput = z.strictObject({
  gitUrl: z.string().min(1).max(URL_MAX_CHARS).refine((url) => !hasCredential(url), {
    error: "expected a URL without a credential, which would be in every job; came one with a credential",
  }).nullable().default(null),
  gitBranch: z.string().min(1).max(250).nullable().default(null),
  labelMatching: labelMatching.optional(),
  asksForAgents: z.boolean().optional(),
});

/** Would whoever gets the URL get a secret with it (S1)? Over HTTP a token may stand in the user's place. */
function hasCredential(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.password !== "" || (/^https?:$/.test(url.protocol) && url.username !== "");
}

export function createProjectRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project";

  app.get(path, async (c) => {
    return answer(await c.var.queue.readProject(c.var.caller));
  });
  app.put(path, async (c) => {
    const body = await readBody(c, projectInput);
    if (!body.ok) return body.error;
    return answer(
      await c.var.queue.putProject(c.var.caller, body.value),
    );
  });
  // The reference's runner asks whether a project lives on GitHub (Line 4.2): here every git server is alike.
  app.get(`${path}/repo-info`, async (c) => {
    const reader = await c.var.queue.authorizeReader(c.var.caller);
    return reader.ok ? c.json({ requiresGitHub: false }) : answer(reader);
  });
  return app;
}

const PROJECT = { tag: "Projects", paths: [PROJECT_PATH] };

export const PROJECT_OPERATIONS: readonly Operation[] = [
  {
    ...PROJECT,
    method: "get",
    summary: "Read the project",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: projectAnswer },
  },
  {
    ...PROJECT,
    method: "put",
    summary: "Set the repository that stations work on",
    description:
      "Its URL holds no credential: runners have their own. `labelMatching` says whether a runner needs all labels of a station (`superset`) or one of them (`overlap`); `asksForAgents` whether people are asked about an agent that waits for one. Absent, either stays as it is.",
    tokens: ["user"],
    scope: "lines:write",
    body: projectInput,
    answers: { 200: projectAnswer },
  },
  {
    tag: "Projects",
    paths: [`${PROJECT_PATH}/repo-info`],
    method: "get",
    summary: "What the reference's runner asks of a project",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: z.object({ requiresGitHub: z.literal(false) }) },
  },
];
