/** `deno task api:page`: writes `docs/api.md` from the operations that the routes declare. */
import { type Operation, PROJECT_PATH } from "../worker/routes/operation.ts";
import { templateOf } from "../worker/routes/openapi_document.ts";

// Loaded by its address: the Worker is checked against the platform's types, and this program against Deno's.
const { OPERATIONS } = await import(new URL("../worker/app.ts", import.meta.url).href) as {
  readonly OPERATIONS: readonly Operation[];
};

export const PAGE = new URL("../docs/api.md", import.meta.url);

const INTRO = `# The API

Made by \`deno task api:page\` from the operations that the routes declare; a test holds this page against them. A
running control plane shows the same with every schema: \`/api-docs\` for people, \`/openapi.json\` for programs.

- \`B\` is \`/api/owners/{owner}/projects/{project}\`. \`stages/\` and \`assembly-lines/\`, \`runners/register\` and
  \`runners\` are one path: those of the published protocol and of its reference server.
- Requests carry \`Authorization: Bearer TOKEN\`; git may send the token as a Basic password. The admin token counts as a
  user's in every project. A user's or connection's token has scopes, and may be locked to one line and end at a time.
- Bodies are JSON. Times are Unix milliseconds unless the protocol wants ISO-8601.
- A refusal is \`{"error":{"code","message"}}\`, for invalid input with \`issues: [{path, message}]\`. Codes are stable.
- \`Idempotency-Key\` on a POST: the same key with the same request takes effect once, for 24 hours.
  So does \`idempotencyKey\` of a \`submit\` on the socket.
- \`B/runners/socket\` is the push transport of our own runner; its messages are in \`protocol/runner/socket.ts\`. A poll
  without \`capabilities\` claims; with them it offers, and \`generate-jitconfig\` claims. \`Prefer: wait=25\` waits.
`;

const FIRST_STEPS = `## From nothing to a running task

\`\`\`sh
deno task start --no-runner &
TOKEN=$(cat .shopfloor/admin_token) B=http://127.0.0.1:8787/api/owners/me/projects/site
call() { curl -sS -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' "$@"; }

call -X PUT $B -d '{"gitUrl":"https://example.com/site.git"}'
call -X PUT $B/assembly-lines/hello -d '{"name":"Hello","stations":[
  {"id":"greet","name":"Greet","trigger":{"type":"dispatch_worker"},"operatorConfig":{"command":"ls"}}]}'
call -X POST $B/assembly-lines/hello/tasks -d '{"title":"Say hello"}'

SHOPFLOOR_TOKEN=$TOKEN deno task runner register --server http://127.0.0.1:8787 --owner me --project site
deno task runner run --once
\`\`\`
`;

/** The page as the code makes it now. */
export function apiPage(): string {
  const tags = [...new Set(OPERATIONS.map((operation) => operation.tag))];
  const tables = tags.map((tag) => {
    const rows = OPERATIONS.filter((operation) => operation.tag === tag).map(rowOf);
    return [
      `## ${tag}`,
      "",
      "| call | token | scope | what it does | refusals of its own |",
      "| --- | --- | --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  return [INTRO, ...tables, FIRST_STEPS].join("\n");
}

function rowOf(operation: Operation): string {
  const { method, paths, summary, tokens, scope, refusals = [] } = operation;
  const calls = paths.map((path) =>
    `\`${method.toUpperCase()} ${templateOf(path.replace(PROJECT_PATH, "B"))}\``
  );
  const cells = [calls.join("<br>"), tokens.join(", ") || "none", scope ?? "", summary, refusals.join(", ")];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) await Deno.writeTextFile(PAGE, apiPage());
