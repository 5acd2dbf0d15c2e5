/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The small pieces that pages share: status, times, commits. */

export type Tone = "good" | "bad" | "wait" | "busy" | "";

const STATUS: Readonly<Record<string, { readonly text: string; readonly tone: Tone }>> = {
  queued: { text: "Queued", tone: "" },
  claimed: { text: "Claimed", tone: "busy" },
  in_progress: { text: "In progress", tone: "busy" },
  awaiting_review: { text: "Waits for a person", tone: "wait" },
  completed: { text: "Completed", tone: "good" },
  failed: { text: "Failed", tone: "bad" },
  success: { text: "Success", tone: "good" },
  failure: { text: "Failure", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "bad" },
};

/** How a status of a task, or an outcome of a job, looks. Unknown words are shown as they are. */
export function toneOf(status: string): Tone {
  return STATUS[status]?.tone ?? "";
}

/** A status in words and colour, never in colour alone. */
export function Status({ status }: { readonly status: string }) {
  return <span class={`pill ${toneOf(status)}`}>{STATUS[status]?.text ?? status}</span>;
}

/** A moment as people say it, with the exact time behind it. */
export function Ago({ ms, nowMs }: { readonly ms: number; readonly nowMs: number }) {
  const iso = new Date(ms).toISOString();
  return <time datetime={iso} title={iso}>{ago(nowMs - ms)}</time>;
}

/** `90_000` becomes "1 min ago". */
export function ago(passedMs: number): string {
  return passedMs < 5_000 ? "just now" : `${lasted(passedMs)} ago`;
}

/** A duration in at most two units. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return minutes < 10 && seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** A commit, short, with the whole id behind it. */
export function Commit({ id }: { readonly id: string }) {
  return <code title={id}>{id.slice(0, 10)}</code>;
}

/** The page of a task. */
export function taskPath(owner: string, project: string, taskId: string): string {
  return `/p/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/tasks/${encodeURIComponent(taskId)}`;
}

/** The page of a run. */
export function runPath(owner: string, project: string, runId: string): string {
  return `/p/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/runs/${encodeURIComponent(runId)}`;
}

/** Where a run's agent is answered: its message box. */
export function agentPath(owner: string, project: string, runId: string): string {
  return `${runPath(owner, project, runId)}#agent-say`;
}

/** Where what a run asks leads to its answers. */
export function questionsPath(owner: string, project: string, runId: string): string {
  return `${runPath(owner, project, runId)}#run-questions`;
}

/** A moment to come, or that has passed by now: "in 3 h", "2 h late". */
export function In({ ms, nowMs }: { readonly ms: number; readonly nowMs: number }) {
  const iso = new Date(ms).toISOString();
  return (
    <time datetime={iso} title={iso}>
      {ms >= nowMs ? `in ${lasted(ms - nowMs)}` : `${lasted(nowMs - ms)} late`}
    </time>
  );
}
