/**
 * What the published protocol leaves to each server, in one place: how a line is put, how a task is read, how a
 * running task is cancelled, and which optional parts the server claims. The checks use nothing else of a server than
 * the published protocol and this.
 *
 * Another server: write one more function like `shopfloorSetup` that gives a `ServerSetup`, and add it to `SETUPS`;
 * `deno task interop --server URL --token T --setup NAME` then uses it. Its `claims` name the optional parts to check:
 * what is left out is printed as "not claimed", never as passed.
 */
import { type Answer, call } from "./wire.ts";

/** A line in the words of Line 2.1 to 2.4. `needs` on a trigger is the reference's second axis (Line 6). */
export interface LineWish {
  readonly name: string;
  readonly stations: readonly unknown[];
  readonly transitionRules?: readonly unknown[];
  readonly gates?: readonly unknown[];
}

/** A task as far as the checks look: TaskData with the fields of pick A12. */
export interface TaskView {
  readonly id: string;
  readonly columnId: string;
  readonly status: string;
  readonly pendingGateId?: string | null;
  readonly rejectionReason?: string | null;
  readonly [field: string]: unknown;
}

/** Where the tests may act: one project of a server, as its user. */
export interface Place {
  readonly serverUrl: string;
  readonly userToken: string;
  readonly owner: string;
  readonly project: string;
}

export interface ServerSetup {
  readonly name: string;
  /** Names below. */
  readonly claims: ReadonlySet<string>;
  /** 2xx with the line's `id` in the JSON, or the server's refusal. */
  putLine(at: Place, lineId: string, line: LineWish): Promise<Answer>;
  /** 200 with the task. */
  readTask(at: Place, lineId: string, taskId: string): Promise<Answer>;
  /** Claim `cancel`. */
  cancelTask(at: Place, lineId: string, taskId: string): Promise<Answer>;
  /** Claim `project-repository`: jobs of the project name this repository (Line 2.7). */
  putRepository(at: Place, gitUrl: string): Promise<Answer>;
  /** Claim `runner-admin`: Line 11 recommends both, and gives no path. */
  deleteRunner(at: Place, runnerId: string): Promise<Answer>;
  rotateRunner(at: Place, runnerId: string): Promise<Answer>;
  /** Claim `label-overlap`: how the project holds stations' labels against runners'. */
  setMatching(at: Place, matching: "superset" | "overlap"): Promise<Answer>;
  /** Claim `reference-chat`: a person says something to the agent of a run. */
  sayTo(at: Place, runId: string, text: string): Promise<Answer>;
}

/** Every claim there is, and what it stands for. */
export const SERVER_CLAIMS: Readonly<Record<string, string>> = {
  "assembly-lines-path": "A2: /assembly-lines/{id} beside /stages/{id}",
  "runners-path": "A1: POST /runners beside /runners/register",
  "reference-claim": "A3: a poll with capabilities offers, generate-jitconfig claims",
  "reference-report": "A4: PATCH /runs/{run}/jobs/{job}",
  "reference-traffic": "4.2: progress, logs, streams",
  "reference-lives": "4.2, 4.3: /api/lives",
  "reference-project": "4.2: GET of the project with gitUrl, and repo-info",
  "reference-otel": "4.2: POST /api/otel",
  "reference-chat": "4.5: the chat channel of a job",
  "label-overlap": "6: a project may match labels by overlap, as the reference does",
  "job-trace": "2.7: the trace of a card's request is in its jobs",
  "job-fields": "2.7, 4.2: stations say what the reference's runners read of a job",
  "runner-list": "2.8: GET /runners",
  "runner-admin": "11: delete and rotate",
  "status-codes": "3.1: the recommended status codes",
  "name-upsert": "A26: the same name keeps its id and rotates the token",
  "many-projects": "the user token is good for several projects",
  "rule-picks": "7 and 20: A7 to A12",
  "exit-code-wins": "A19: any failure signal is failure",
  "timeout-reason": "A5: the field `reason` selects cancelled",
  cancel: "7 rule 1, A20: a task can be cancelled, and a heartbeat's answer says so",
  lease: "5, A6: a lease, renewed by heartbeats",
  "server-timeouts": "5: idle and maximum timeouts enforced by the server",
  "long-poll": "Prefer: wait=N",
  sse: "3 row 6: GET /runners/events",
  "several-jobs": "12, A29: several jobs of one runner whose reports carry jobId",
  "repo-schemes": "A18: Basic and Bearer",
  "repo-lifetime": "9: a token dies with its job, and the repository is read-only after the task",
  artifacts: "3 row 9: POST /artifacts",
  "approval-requests": "3 row 7 and 15",
  "project-repository": "2.7: a project's repository and branch",
  "reference-names": "2.10: stageGitUrl, stageGitToken, assemblyLineId in a job",
  "idempotent-claim": "5: the claim may be repeated by its runner",
};

/** Shopfloor's control plane: see its page on the API. */
function shopfloorSetup(): ServerSetup {
  const base = (at: Place) => `${at.serverUrl}/api/owners/${at.owner}/projects/${at.project}`;
  return {
    name: "shopfloor",
    claims: new Set(Object.keys(SERVER_CLAIMS)),
    putLine: (at, lineId, line) =>
      call("PUT", `${base(at)}/assembly-lines/${lineId}`, { token: at.userToken, body: line }),
    readTask: (at, _lineId, taskId) => call("GET", `${base(at)}/tasks/${taskId}`, { token: at.userToken }),
    cancelTask: (at, _lineId, taskId) =>
      call("POST", `${base(at)}/tasks/${taskId}/cancel`, { token: at.userToken, body: {} }),
    putRepository: (at, gitUrl) =>
      call("PUT", base(at), { token: at.userToken, body: { gitUrl, gitBranch: "main" } }),
    deleteRunner: (at, runnerId) =>
      call("DELETE", `${base(at)}/runners/${runnerId}`, { token: at.userToken }),
    rotateRunner: (at, runnerId) =>
      call("POST", `${base(at)}/runners/${runnerId}/rotate`, { token: at.userToken }),
    setMatching: async (at, labelMatching) => {
      const token = at.userToken;
      const { gitUrl = null, gitBranch = null } = (await call("GET", base(at), { token })).json ?? {};
      return await call("PUT", base(at), { token, body: { gitUrl, gitBranch, labelMatching } });
    },
    sayTo: (at, runId, text) =>
      call("POST", `${base(at)}/runs/${runId}/messages`, { token: at.userToken, body: { text } }),
  };
}

export const SETUPS: Readonly<Record<string, () => ServerSetup>> = { shopfloor: shopfloorSetup };
