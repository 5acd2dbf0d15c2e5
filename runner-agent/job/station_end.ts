/**
 * The operator's part in the end of a run: it takes the agent's conclusion, and keeps an agent from leaving with
 * uncommitted changes where the station forbids that (Line 16).
 *
 * 1. The first conclusion stands. It is on disk, in a directory that no sandbox shows, before it is answered, so a
 *    restarted runner knows it.
 * 2. Calls are handled one after the other.
 * 3. Nothing of the agent's git configuration is executed: the worktree manager looks, on the host.
 */
import { z } from "zod";
import { REASON_MAX_CHARS } from "../../protocol/limits.ts";
import type { Conclusion, ConclusionReading } from "../domain/outcome.ts";
import type { CompleteAnswer, ConclusionWish, StopAnswer } from "../domain/station_end.ts";
import { uncommittedText, workPaths } from "../domain/uncommitted.ts";
import { STOP_REMINDERS_MAX } from "../limits.ts";
import type { Harvest, WorktreeError } from "../ports.ts";
import type { Result } from "../../protocol/result.ts";
import { writeWholeToDisk } from "./whole_file.ts";

export interface StationEndDeps {
  /** Where the conclusion is kept; its directory exists once an agent runs. */
  readonly file: string;
  readonly nowMs: () => number;
  readonly autoGit: boolean;
  readonly commitMessageTemplate: string;
  /** Looks at the run's worktree as the end of the run will. */
  readonly harvest: () => Promise<Result<Harvest, WorktreeError>>;
  /** Whether a check of the runner's decides over success: then no agent's word does. */
  readonly isChecked?: () => boolean;
  /** A worktree's fault in words. */
  readonly describe: (error: WorktreeError) => string;
}

export interface StationEnd {
  /** Reads what a former life of the runner recorded. */
  load(): Promise<void>;
  /** When the agent concluded; null while it has not. */
  concludedAtMs(): number | null;
  /** Aborts once the agent has concluded. */
  readonly concluded: AbortSignal;
  complete(wish: ConclusionWish): Promise<CompleteAnswer>;
  /**
   * The agent's turn is over and it would end. It is asked to commit first at most {@link STOP_REMINDERS_MAX} times.
   *
   * @param lastMessage What it said last; stands in for a summary that it has not given.
   */
  wantsToStop(lastMessage: string | null): Promise<StopAnswer>;
  /** What the agent told the operator, for the report; a call that is being answered counts. */
  reading(): Promise<ConclusionReading>;
}

const kept = z.object({
  conclusion: z.object({
    conclusion: z.enum(["success", "failure"]),
    summary: z.string().nullable(),
    exitCode: z.number().int().nullable(),
  }),
  atMs: z.number(),
});
type Kept = z.infer<typeof kept>;

export function createStationEnd(deps: StationEndDeps): StationEnd {
  const concluded = new AbortController();
  let record: Kept | null = null;
  let lastMessage: string | null = null;
  let reminders = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Invariant 2. */
  function oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const done = last.then(act, act);
    last = done;
    return done;
  }

  function stand(value: Kept): void {
    record = value;
    concluded.abort();
  }

  async function whatIsMissing(): Promise<string | null> {
    if (!deps.autoGit) return null;
    const harvested = await deps.harvest();
    if (!harvested.ok) return `the worktree cannot be read: ${deps.describe(harvested.error)}`;
    const paths = workPaths(harvested.value.uncommittedPaths);
    return paths.length === 0 ? null : uncommittedText(paths, deps.commitMessageTemplate);
  }

  return {
    async load() {
      const found = await readKept(deps.file);
      if (found !== null) stand(found);
    },
    concludedAtMs: () => record?.atMs ?? null,
    concluded: concluded.signal,
    complete: (wish) =>
      oneByOne(async () => {
        if (record !== null) return { kind: "stands", conclusion: record.conclusion };
        if (wish.conclusion === "success" && deps.isChecked?.() === true) {
          return { kind: "refused", message: CHECKED };
        }
        const missing = wish.conclusion === "success" && wish.exitCode === 0 ? await whatIsMissing() : null;
        if (missing !== null) {
          return {
            kind: "refused",
            message:
              `Cannot complete the station with success as ${missing}, then call complete_station again.`,
          };
        }
        const conclusion: Conclusion = { ...wish, summary: wish.summary === null ? null : cut(wish.summary) };
        const value: Kept = { conclusion, atMs: deps.nowMs() };
        await writeKept(deps.file, value);
        stand(value);
        return { kind: "recorded", conclusion };
      }),
    wantsToStop: (message) =>
      oneByOne(async () => {
        if (record !== null) return null;
        if (message !== null && message !== "") lastMessage = cut(message);
        if (reminders >= STOP_REMINDERS_MAX) return null;
        const missing = await whatIsMissing();
        if (missing === null) return null;
        reminders++;
        return `The station cannot end yet as ${missing}.`;
      }),
    reading: () =>
      oneByOne((): Promise<ConclusionReading> => {
        if (record !== null) {
          return Promise.resolve({ kind: "read", conclusion: record.conclusion, by: "tool" });
        }
        return Promise.resolve(
          lastMessage === null ? { kind: "none" } : { kind: "inferred", summary: lastMessage },
        );
      }),
  };
}

const CHECKED =
  "Cannot complete the station with success as its check decides that: end your turn, and the check is run.";

async function readKept(file: string): Promise<Kept | null> {
  try {
    return kept.parse(JSON.parse(await Deno.readTextFile(file)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** On the disk before anybody is told. */
async function writeKept(path: string, value: Kept): Promise<void> {
  await writeWholeToDisk(path, JSON.stringify(value));
}

function cut(text: string): string {
  return text.length <= REASON_MAX_CHARS ? text : `${text.slice(0, REASON_MAX_CHARS - 1)}…`;
}
