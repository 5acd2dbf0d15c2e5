/**
 * A thousand open questions, each with an escalation and an expiry, answered by the tokens of their links over HTTP, and
 * one bare durable write over HTTP in an object each. An answer is the grant, the outcome, the audit and the events for
 * others in one transaction.
 */
import { type BenchRow, percentile } from "../result.ts";
import { ADMIN_TOKEN } from "../plane.ts";
import { memoryOf } from "../queue/process_tree.ts";

const GATES = 1_000;
const AT_ONCE = 10;
/** Of them, answered one after the other: what an answer takes where no other waits for the same thread. */
const ALONE = 200;
const INSTALL = "bench/people";
const POLICY = {
  name: "link",
  auth: "token",
  clocks: { expireMinutes: 600 },
  levels: [{ to: ["user:ada"], leaveAfterMinutes: 60 }, { to: ["schedule:primary"], leaveAfterMinutes: 60 }],
};
const DOCUMENTS = {
  people: [{ name: "ada" }],
  schedules: [{
    name: "primary",
    layers: [{ people: ["ada"], startsAt: "2026-01-01T00:00:00Z", turnMinutes: 1_440 }],
  }],
  policies: [POLICY],
  gates: [{ line: "@api", gate: "*", policy: "link" }],
};

/** What was found where the slow answers of ten at once come from. */
export const GATE_NOTES: readonly string[] = [
  "Here all objects and the HTTP side share one thread of workerd; on the platform an object has its own.",
  "An answer costs that thread about 1.2 ms with what comes behind it (the project's people take its events, the ask notes that " +
  "they did), so ten at once keep it busy without a pause (95 % of the time, by its schedstat). Requests are read from their " +
  "sockets behind what is queued already: they wait there in waves of 50 to 150 ms.",
  "Timed within the Worker at that load: an ask's decision 2 ms (p50) and 14 to 19 ms (p99), the look at the project's people " +
  "1 and 13 to 17 ms, the whole request 5 and 28 ms; the same requests took 9 and 99 ms where they were sent.",
  "Not the cause: alarms (without any the waves are the same); a cold start (with a hundred answers before, the same); SQLite " +
  "(160 ms of statements and 35 ms of transactions in a second, none over 15 ms); collections of garbage (51 to 67 ms in a " +
  "second, the longest 27 ms by V8's profile; on a machine with other work to do one was 103 ms, and is one of the waves).",
];

interface Planes {
  readonly url: string;
  readonly bareUrl: string;
  readonly pid: number;
}

/** Opens them all, makes their links, answers them, and writes as often without any of it. */
export async function measureGates({ url, bareUrl, pid }: Planes) {
  await putDocuments(url);
  const before = await memoryOf(pid);
  const asks = createAsks(url);
  const opened = await eachOf(GATES, asks.open);
  const after = await memoryOf(pid);
  await eachOf(GATES, asks.link);
  const write = (n: number) => post(`${bareUrl}/write?name=gate-${n}`, { decision: "approve" });
  const rest = (act: (n: number) => Promise<unknown>) => (n: number) => act(ALONE + n);
  const redeemedAlone = await eachOf(ALONE, asks.answer, 1);
  const redeemed = await eachOf(GATES - ALONE, rest(asks.answer));
  const writtenAlone = await eachOf(ALONE, write, 1);
  const written = await eachOf(GATES - ALONE, rest(write));
  const rows: BenchRow[] = [
    { name: `open an ask with timers, ${GATES} in all`, ...opened.row },
    { name: "answer it by its token, one at a time", ...redeemedAlone.row },
    { name: `answer it by its token, ${AT_ONCE} at once`, ...redeemed.row },
    { name: "bare: one durable write in an object each, one at a time", ...writtenAlone.row },
    { name: `bare: one durable write in an object each, ${AT_ONCE} at once`, ...written.row },
    {
      name: "an open ask in workerd",
      memoryKb: Math.round((after.pssBytes - before.pssBytes) / GATES / 1_024),
    },
  ];
  return {
    rows,
    ratios: {
      redeem_alone_p50_over_bare: redeemedAlone.p50Ms / writtenAlone.p50Ms,
      redeem_alone_p99_over_bare: redeemedAlone.p99Ms / writtenAlone.p99Ms,
      redeem_p50_over_bare: redeemed.p50Ms / written.p50Ms,
      redeem_p99_over_bare: redeemed.p99Ms / written.p99Ms,
    },
  };
}

/** Tells the project who its people are. */
export async function putDocuments(url: string): Promise<void> {
  await post(`${url}/api/owners/bench/projects/people/people`, { documents: DOCUMENTS }, {}, "PUT");
}

/** The steps of the n-th ask. */
export function createAsks(url: string) {
  const ids: string[] = [];
  const tokens: string[] = [];
  return {
    open: async (n: number) => {
      const gate = {
        install: INSTALL,
        ask: "decide",
        title: `Question ${n}`,
        in: { situation: "bench", n },
        completion: { ac: "somebody has decided" },
      };
      const key = { "idempotency-key": `g${n}` };
      ids[n] = (await post<{ gate_id: string }>(`${url}/v1/gates`, gate, key)).gate_id;
    },
    link: async (n: number) => {
      const made = await post<{ value: { token: string } }>(`${url}/bench/link?name=${ids[n]}`, {});
      tokens[n] = made.value.token;
    },
    answer: async (n: number) => {
      const headers = { authorization: `Bearer ${tokens[n]}`, "idempotency-key": "once" };
      const at = `${url}/v1/gates/${ids[n]}/redeem`;
      const { state } = await post<{ state: string }>(at, { decision: "approve" }, headers);
      if (state !== "verified") {
        throw new Error(`Cannot count as each answer must end its ask: it is ${state}`);
      }
    },
  };
}

/** Does it so many times, some at once; how long each took. */
export async function eachOf(count: number, act: (n: number) => Promise<unknown>, atOnce = AT_ONCE) {
  const tookMs: number[] = [];
  let next = 0;
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const n = next++;
      const startedAt = performance.now();
      await act(n);
      tookMs.push(performance.now() - startedAt);
    }
  }));
  const perSecond = Math.round(count * 1_000 / (performance.now() - beganAt));
  const [p50Ms, p99Ms] = [percentile(tookMs, 0.5), percentile(tookMs, 0.99)];
  return { p50Ms, p99Ms, row: { perSecond, p50Ms, p99Ms } };
}

async function post<T>(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = "POST",
): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Cannot ${method} ${new URL(url).pathname}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
