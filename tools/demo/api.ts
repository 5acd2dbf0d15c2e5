/** The demo's view of the control plane: the public API, called as any client would. */
import { BARE_LINK_BODY } from "./bare_link_policy.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import type { WireError } from "../../protocol/line/error.ts";

/** One call may take this long; the control plane is on this machine. */
const CALL_MS = 30_000;

/** A project on a control plane, and the token to use it. */
export interface Api {
  readonly baseUrl: string;
  readonly owner: string;
  readonly project: string;
  putProject(input: { readonly gitUrl: string; readonly gitBranch?: string }): Promise<void>;
  /** Lets links of gates be answered by whoever has them, unless the project says otherwise already. */
  takeBareLinks(): Promise<void>;
  putLine(
    lineId: string,
    line: unknown,
  ): Promise<LineInput & { readonly id: string; readonly warnings: readonly string[] }>;
  submit(lineId: string, card: unknown): Promise<TaskData>;
  task(taskId: string): Promise<TaskData>;
  gateLink(task: TaskData): Promise<string>;
  decide(task: TaskData, action: "approve" | "reject", reason: string): Promise<void>;
  diff(
    taskId: string,
  ): Promise<{ readonly changes: readonly { readonly path: string; readonly patch: string | null }[] }>;
  /** Address of the task's live output, for a WebSocket. */
  logSocket(taskId: string, offset: number): WebSocket;
}

/** Makes the client. Rejects with the control plane's own message when it refuses. */
export function createApi(baseUrl: string, token: string, owner: string, project: string): Api {
  const prefix = `${baseUrl}/api/owners/${owner}/projects/${project}`;
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${prefix}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    if (!response.ok) throw new Error(await refusalText(response));
    return await response.json();
  }
  const gatePath = (task: TaskData) =>
    `/assembly-lines/${task.assemblyLineId}/tasks/${task.id}/gates/${task.pendingGateId}`;
  return {
    baseUrl,
    owner,
    project,
    putProject: async (input) => {
      await call("PUT", "", input);
    },
    takeBareLinks: async () => {
      const { version } = await call<{ version: number }>("GET", "/people");
      if (version === 0) await call("PUT", "/people", BARE_LINK_BODY);
    },
    putLine: (lineId, line) => call("PUT", `/assembly-lines/${lineId}`, line),
    submit: (lineId, card) => call("POST", `/assembly-lines/${lineId}/tasks`, card),
    task: (taskId) => call("GET", `/tasks/${taskId}`),
    gateLink: async (task) => (await call<{ url: string }>("POST", `${gatePath(task)}/link`)).url,
    decide: async (task, action, reason) => {
      await call("POST", gatePath(task), { action, reason });
    },
    diff: (taskId) => call("GET", `/tasks/${taskId}/diff`),
    logSocket: (taskId, offset) =>
      new WebSocket(`${prefix.replace(/^http/, "ws")}/tasks/${taskId}/log/ws?offset=${offset}`, {
        headers: { authorization: `Bearer ${token}` },
      }),
  };
}

async function refusalText(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as WireError;
    return `${error.message} (${response.status} ${error.code})`;
  } catch {
    return `Cannot use the control plane as it must answer with JSON: it answered ${response.status}`;
  }
}
