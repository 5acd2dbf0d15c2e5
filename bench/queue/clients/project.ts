/** Calls of our API that every transport needs: a project with a line, runners, cards. */
import type { Share } from "../spec.ts";

/** The line of all jobs. */
export const LINE = "l";

export interface Project {
  readonly base: string;
  /** JSON in, JSON out; null for an empty answer. Throws on a refusal. */
  call<T>(method: string, path: string, token: string, body: unknown, signal?: AbortSignal): Promise<T>;
  submit(): Promise<string>;
  registerRunner(name: string): Promise<{ readonly id: string; readonly token: string }>;
}

/** The project that is named after the measurement; the first process puts its line. */
export async function openProject(
  share: Pick<Share, "url" | "name" | "adminToken" | "process">,
): Promise<Project> {
  const base = `${share.url}/api/owners/bench/projects/${share.name}`;
  const call: Project["call"] = async <T>(
    method: string,
    path: string,
    token: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<T> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", prefer: "wait=25" },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null as T : JSON.parse(text);
  };
  if (share.process === 0) {
    const line = { name: "L", stations: [{ id: "a", name: "a", trigger: { type: "dispatch_worker" } }] };
    await call("PUT", `/assembly-lines/${LINE}`, share.adminToken, line);
  }
  return {
    base,
    call,
    submit: async () => {
      const path = `/assembly-lines/${LINE}/tasks`;
      return (await call<{ readonly id: string }>("POST", path, share.adminToken, { title: "t" })).id;
    },
    registerRunner: (name) => call("POST", "/runners", share.adminToken, { name }),
  };
}
