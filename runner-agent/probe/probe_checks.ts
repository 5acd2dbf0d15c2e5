/**
 * The conversation that a probe has with an agent, and what of it is as it must be. One turn with a large paste, a shell
 * command and a tool of ours; one that is broken into; one after it; one in another sandbox.
 */
import { isTurnRunning } from "../domain/agent/session_state.ts";
import { PROBE_BOOT_MS, PROBE_STREAMS_MS, PROBE_TURN_MS, PROBE_USAGE_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { CheckList, Found } from "./check_list.ts";
import type { ProbeSandbox } from "./probe_sandbox.ts";
import { ANSWERS, LARGE_MESSAGE, MESSAGES, SCRIPTED_USAGE, STATUS_ANSWER } from "./probe_script.ts";

const NEEDED_SIGNALS = [
  "session_started",
  "prompt_submitted",
  "tool_started",
  "tool_ended",
  "turn_ended",
] as const;
/** A person sees that it goes on. */
const LOOK_MS = 50;

/** Rejects for faults of this machine alone; what was found is on the list. */
export async function haveConversation(sandbox: ProbeSandbox, list: CheckList, clock: Clock): Promise<void> {
  await sandbox.start();
  if (!await list.check("boot", () => boot(sandbox))) return;
  if (!await list.check("paste", () => paste(sandbox))) return;
  const startedMs = clock.nowMs();
  const isOver = await turnIsOver(sandbox, 1);
  const tookMs = clock.nowMs() - startedMs;
  list.note("hooks", await hooks(sandbox), tookMs);
  list.note("mcp", await tools(sandbox), tookMs);
  if (!isOver) return;
  if (!await list.check("interrupt", () => interrupt(sandbox, clock))) return;
  await list.check("usage", () => usage(sandbox));
  await resume(sandbox, list);
}

async function boot(sandbox: ProbeSandbox): Promise<Found> {
  const isReady = await sandbox.until((state) => state.isReady || state.finish !== null, PROBE_BOOT_MS) &&
    sandbox.state.isReady;
  return isReady
    ? { isOk: true, seen: "tools were listed" }
    : { isOk: false, seen: `tools were not listed; ${await sandbox.look()}` };
}

async function paste(sandbox: ProbeSandbox): Promise<Found> {
  if (await sandbox.delivered("task-1", PROBE_TURN_MS)) {
    return { isOk: true, seen: `${new TextEncoder().encode(LARGE_MESSAGE).length} bytes, the same` };
  }
  const told = sandbox.signals.find((signal) => signal.kind === "prompt_submitted");
  return {
    isOk: false,
    seen: told?.kind === "prompt_submitted"
      ? `another text was told: ${told.prompt.length} characters in place of ${LARGE_MESSAGE.length}`
      : `no prompt was told; ${await sandbox.look()}`,
  };
}

/** Waits for the end of the `n`-th turn; false for one that failed, or does not end. */
async function turnIsOver(sandbox: ProbeSandbox, n: number): Promise<boolean> {
  await sandbox.until(({ turns, turn }) => turns >= n && turn.kind !== "running", PROBE_TURN_MS);
  const { turns, turn } = sandbox.state;
  return turns >= n && turn.kind === "over";
}

async function hooks(sandbox: ProbeSandbox): Promise<Found> {
  const told = new Set(sandbox.signals.map(({ kind }) => kind));
  const missing = NEEDED_SIGNALS.filter((kind) => !told.has(kind));
  const { turn } = sandbox.state;
  if (turn.kind === "failed") return { isOk: false, seen: `the turn failed: ${turn.message}` };
  return missing.length === 0
    ? { isOk: true, seen: NEEDED_SIGNALS.join(", ") }
    : { isOk: false, seen: `not told: ${missing.join(", ")}; ${await sandbox.look()}` };
}

async function tools(sandbox: ProbeSandbox): Promise<Found> {
  const isRead = sandbox.model.requests.some(({ body, turn }) =>
    turn !== null && body.includes(STATUS_ANSWER)
  );
  return isRead
    ? { isOk: true, seen: "af_status was called, and its answer read" }
    : { isOk: false, seen: `nobody has read an answer of af_status; ${await sandbox.look()}` };
}

async function interrupt(sandbox: ProbeSandbox, clock: Clock): Promise<Found> {
  const { turns } = sandbox.state;
  const taken = await sandbox.say(MESSAGES.second);
  if (taken !== "confirmed") return { isOk: false, seen: `the message before is ${taken}` };
  const streams = () =>
    sandbox.model.requests.some(({ body, turn }) => turn !== null && body.includes(MESSAGES.second));
  for (const untilMs = clock.nowMs() + PROBE_TURN_MS; !streams() && clock.nowMs() < untilMs;) {
    await clock.sleep(LOOK_MS);
  }
  await clock.sleep(PROBE_STREAMS_MS);
  if (!isTurnRunning(sandbox.state)) {
    return { isOk: false, seen: `the turn ended before it was interrupted; ${await sandbox.look()}` };
  }
  await sandbox.interrupt();
  const next = await sandbox.say(MESSAGES.third);
  if (next !== "confirmed") {
    return { isOk: false, seen: `the message afterwards is ${next}; ${await sandbox.look()}` };
  }
  // A CLI that only queued it behind the turn answers it in minutes.
  return await turnIsOver(sandbox, turns + 2) && hasAnswered(sandbox, ANSWERS.third)
    ? { isOk: true, seen: "the turn ended, and the next message was answered" }
    : { isOk: false, seen: `the message afterwards was not answered; ${await sandbox.look()}` };
}

function hasAnswered(sandbox: ProbeSandbox, answer: string): boolean {
  return sandbox.signals.some((signal) =>
    signal.kind === "turn_ended" && signal.lastMessage?.includes(answer) === true
  );
}

async function usage(sandbox: ProbeSandbox): Promise<Found> {
  const { inputTokens, outputTokens, cacheReadTokens } = SCRIPTED_USAGE;
  const isCounted = () => {
    const used = sandbox.usage();
    // The answer that was broken into counts for what the CLI knows of it.
    return used.inputTokens >= inputTokens && used.outputTokens >= outputTokens &&
      used.cacheReadTokens >= cacheReadTokens;
  };
  await sandbox.until(isCounted, PROBE_USAGE_MS);
  const used = sandbox.usage();
  const seen = `${used.inputTokens} in, ${used.outputTokens} out, ${used.cacheReadTokens} from the cache`;
  return isCounted()
    ? { isOk: true, seen }
    : { isOk: false, seen: `${seen}, in place of ${inputTokens}, ${outputTokens}, ${cacheReadTokens}` };
}

async function resume(sandbox: ProbeSandbox, list: CheckList): Promise<void> {
  if (!sandbox.harness.supportsResume) {
    for (const name of ["resume_exact", "resume_latest"] as const) list.skip(name, "the CLI has no resume");
    return;
  }
  if (sandbox.state.sessionId === null) {
    list.note("resume_exact", { isOk: false, seen: "no session's id was told" });
  } else {
    const goesOn = await list.check("resume_exact", async () => {
      await sandbox.suspend();
      await sandbox.start(MESSAGES.fourth);
      return await goneOn(sandbox, "exact");
    });
    if (goesOn) return list.skip("resume_latest", "the session goes on by its id");
    if (!await sandbox.tryLess()) {
      return list.skip("resume_latest", "the session was not refused but not gone on with either");
    }
    await list.check("resume_latest", async () => {
      await sandbox.start(MESSAGES.fourth);
      return await goneOn(sandbox, "latest");
    });
    return;
  }
  await list.check("resume_latest", async () => {
    await sandbox.suspend();
    await sandbox.start(MESSAGES.fourth);
    return await goneOn(sandbox, "latest");
  });
}

/** Whether the sandbox that was just started goes on with the conversation. */
async function goneOn(sandbox: ProbeSandbox, how: "exact" | "latest"): Promise<Found> {
  const { boots } = sandbox.state;
  const booted = await boot(sandbox);
  if (!booted.isOk) return booted;
  if (!await sandbox.delivered(`resume-${boots}`, PROBE_TURN_MS)) {
    return { isOk: false, seen: `the message afterwards was not taken; ${await sandbox.look()}` };
  }
  await sandbox.until(() => hasAnswered(sandbox, ANSWERS.fourth), PROBE_TURN_MS);
  if (!hasAnswered(sandbox, ANSWERS.fourth)) {
    return { isOk: false, seen: `the message afterwards was not answered; ${await sandbox.look()}` };
  }
  const { resumed } = sandbox.state;
  if (resumed !== how) return { isOk: false, seen: `the session is ${resumed}` };
  const whole = [ANSWERS.first, ANSWERS.third, MESSAGES.fourth];
  return sandbox.model.requests.some(({ body }) => whole.every((part) => body.includes(part)))
    ? { isOk: true, seen: "the model sees the earlier turns" }
    : { isOk: false, seen: "the model does not see the earlier turns" };
}
