/** Line 16 and the operator's rows of Line 17: the completion tool, called by an agent that speaks MCP over HTTP. */
import { holds, same } from "../check.ts";
import type { RunnerBench, RunnerCheck, RunnerSession } from "./bench.ts";

/** How long the agent would go on, and by when its operator must have ended it: an operator may leave it a moment. */
const LINGER_SECONDS = 100;
const LINGER_MAX_MS = 60_000;

/** A shell function `mcp METHOD PARAMS` for the rest of a script; a session that the server opens is kept. */
function dialogue(urlExpression: string): string {
  const params = JSON.stringify({
    protocolVersion: "2025-03-26",
    capabilities: {},
    clientInfo: { name: "interop", version: "1" },
  });
  return `
    dir=$(mktemp -d); : > $dir/session
    say() {
      curl -sS --noproxy '*' -D $dir/head -H 'content-type: application/json' \\
        -H 'accept: application/json, text/event-stream' -H "$(cat $dir/session)" -d "$1" "${urlExpression}"
      grep -i '^mcp-session-id:' $dir/head | tr -d '\\r' > $dir/found || true
      [ ! -s $dir/found ] || cp $dir/found $dir/session
    }
    mcp() { say '{"jsonrpc":"2.0","id":1,"method":"'"$1"'","params":'"$2"'}'; }
    mcp initialize '${params}' > $dir/hello || exit 90
    grep -q serverInfo $dir/hello || exit 91
    say '{"jsonrpc":"2.0","method":"notifications/initialized"}' > /dev/null || exit 92
    complete() { mcp tools/call '{"name":"complete_station","arguments":'"$1"'}'; }
  `;
}

const check = (
  id: string,
  section: string,
  level: RunnerCheck["level"],
  says: string,
  run: (session: RunnerSession, begin: string) => Promise<void>,
): RunnerCheck => ({
  id: `operator.${id}`,
  section,
  level,
  claim: "completion-tool",
  says,
  async run(bench: RunnerBench) {
    const { mcpUrl } = bench.runner;
    holds(mcpUrl !== undefined, "where a job finds the MCP server (--mcp-url)", "nothing");
    await run(await bench.shared("spec"), dialogue(mcpUrl));
  },
});

async function endsAs(
  session: RunnerSession,
  script: string,
  jobResult: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await session.run(script);
  const came = `${body.jobResult} with exit code ${body.exitCode} and error ${body.error}`;
  holds(body.jobResult === jobResult, jobResult, came);
  return body;
}

export const OPERATOR_CHECKS: readonly RunnerCheck[] = [
  check(
    "tool",
    "16, 17",
    "MUST",
    "an MCP server has complete_station, with conclusion, summary and exitCode",
    async (session, begin) => {
      const words = ["complete_station", "conclusion", "summary", "exitCode", "success", "failure"];
      const tests = words.map((word, index) => `grep -q '"${word}"' $dir/tools || exit ${11 + index}`);
      const body = await endsAs(
        session,
        `${begin} mcp tools/list '{}' > $dir/tools\n${tests.join("\n")}\nexit 0`,
        "success",
      );
      same("exitCode", body["exitCode"], 0);
    },
  ),
  check(
    "success",
    "8, 16",
    "MUST",
    "conclusion success and an end with 0 is success",
    async (session, begin) => {
      await endsAs(
        session,
        `${begin} complete '{"conclusion":"success","summary":"done"}' > /dev/null\nexit 0`,
        "success",
      );
    },
  ),
  check(
    "failure",
    "8, 16",
    "MUST",
    "conclusion failure is failed, although the agent ends with 0",
    async (session, begin) => {
      const script =
        `${begin} complete '{"conclusion":"failure","summary":"tests fail"}' > /dev/null\nexit 0`;
      await endsAs(session, script, "failed");
    },
  ),
  check(
    "exit_code",
    "8, A19",
    "pick",
    "conclusion success with exitCode 3 is failed",
    async (session, begin) => {
      await endsAs(
        session,
        `${begin} complete '{"conclusion":"success","exitCode":3}' > /dev/null\nexit 0`,
        "failed",
      );
    },
  ),
  check(
    "refuses_nonsense",
    "16",
    "behaviour",
    "an unknown conclusion is refused, and records nothing",
    async (session, begin) => {
      const script = `${begin} complete '{"conclusion":"maybe"}' > $dir/answer
      grep -Eq '"isError": ?true|"error"' $dir/answer || exit 13
      exit 0`;
      await endsAs(session, script, "success");
    },
  ),
  check(
    "second_call",
    "16",
    "behaviour",
    "a second call is harmless: the first conclusion stands",
    async (session, begin) => {
      const script = `${begin} complete '{"conclusion":"failure","summary":"first"}' > /dev/null
      complete '{"conclusion":"success","summary":"second"}' > /dev/null
      exit 0`;
      await endsAs(session, script, "failed");
    },
  ),
  check(
    "ends",
    "16",
    "MUST",
    "after the call the operator ends, whatever the agent still does",
    async (session, begin) => {
      const script = `${begin} complete '{"conclusion":"success"}' > /dev/null\nsleep ${LINGER_SECONDS}`;
      const job = session.addJob(script, { idleTimeoutMinutes: 2 });
      const report = await session.ended(job);
      const tookMs = job.endedAtMs! - job.takenAtMs!;
      holds(tookMs < LINGER_MAX_MS, `an end within ${LINGER_MAX_MS} ms`, `${Math.round(tookMs)} ms`);
      same("jobResult", report.body.jobResult, "success");
    },
  ),
];
