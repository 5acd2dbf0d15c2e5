/** What a person needs to judge a task's work: the diff and the reports. Shared by the gate's API and the pages. */
import type { TaskHistoryEntry } from "../../protocol/line/task.ts";
import type {
  RepositoryAccess,
  RepositoryDiff,
  RepositoryError,
  TaskRepositoryApi,
} from "../domain/task_repository_api.ts";
import { PAGE_REPORT_MAX_BYTES, PAGE_REPORTS_MAX } from "../limits.ts";

/** The branch that agents write reports to (Line 9). */
export const MAIN_REF = "refs/heads/main";
const REPORTS_FOLDER = "reports";

export interface Report {
  readonly path: string;
  readonly text: string;
  /** The text is only the beginning. */
  readonly isCut: boolean;
}

export interface Evidence {
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** Null when there are no commits, or when they are not in the repository: `diffFault` says which. */
  readonly diff: RepositoryDiff | null;
  readonly diffFault: RepositoryError["reason"] | "no_commits" | null;
  readonly reports: readonly Report[];
}

/** The first commit that work began from, and the newest that it led to. */
export function commitsOf(
  history: readonly TaskHistoryEntry[],
): { readonly base: string | null; readonly head: string | null } {
  return {
    base: history.find((entry) => entry.baseCommit !== null)?.baseCommit ?? null,
    head: history.findLast((entry) => entry.headCommit !== null)?.headCommit ?? null,
  };
}

/** Reads everything at once; a part that is missing is missing, the rest is shown. */
export async function loadEvidence(
  repository: TaskRepositoryApi,
  access: RepositoryAccess,
  commits: { readonly base: string | null; readonly head: string | null },
): Promise<Evidence> {
  const { base, head } = commits;
  const hasCommits = base !== null && head !== null;
  const [diff, reports] = await Promise.all([
    hasCommits ? repository.diff(access, base, head) : null,
    loadReports(repository, access),
  ]);
  return {
    baseCommit: base,
    headCommit: head,
    diff: diff?.ok ? diff.value : null,
    diffFault: diff === null ? "no_commits" : diff.ok ? null : diff.error.reason,
    reports,
  };
}

async function loadReports(
  repository: TaskRepositoryApi,
  access: RepositoryAccess,
): Promise<readonly Report[]> {
  const files = await repository.listFiles(access, MAIN_REF, REPORTS_FOLDER);
  if (!files.ok) return [];
  const wanted = files.value.filter((f) => f.mode === "file" && f.path.endsWith(".md")).slice(
    0,
    PAGE_REPORTS_MAX,
  );
  const read = await Promise.all(wanted.map(async (file): Promise<Report[]> => {
    const content = await repository.readFile(access, MAIN_REF, file.path);
    if (!content.ok) return [];
    const shown = content.value.subarray(0, PAGE_REPORT_MAX_BYTES);
    return [{
      path: file.path,
      text: new TextDecoder().decode(shown),
      isCut: shown.length < content.value.length,
    }];
  }));
  return read.flat();
}
