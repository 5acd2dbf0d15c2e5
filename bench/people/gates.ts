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
  const redeemed = await eachOf(GATES, asks.answer);
  const written = await eachOf(
    GATES,
    (n) => post(`${bareUrl}/write?name=gate-${n}`, { decision: "approve" }),
  );
  const rows: BenchRow[] = [
    { name: `open an ask with timers, ${GATES} in all`, ...opened.row },
    { name: "answer it by its token", ...redeemed.row },
    { name: "bare: one durable write in an object each", ...written.row },
    {
      name: "an open ask in workerd",
      memoryKb: Math.round((after.pssBytes - before.pssBytes) / GATES / 1_024),
    },
  ];
  return {
    rows,
    ratios: {
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
export async function eachOf(count: number, act: (n: number) => Promise<unknown>) {
  const tookMs: number[] = [];
  let next = 0;
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
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
