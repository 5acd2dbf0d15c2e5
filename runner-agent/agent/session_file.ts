/**
 * The state of one session on disk: `session.json` in the run's directory, which no sandbox shows. Written whole or not at
 * all, and on the disk before it is acted on.
 */
import { z } from "zod";
import { newSession, type SessionState } from "../domain/agent/session_state.ts";

/** Grows when an older file can no longer be gone on with. */
const VERSION = 1;

/** Reject for faults of the disk, and for a file that is none of ours. */
export interface SessionFile {
  /** Null: there is none. */
  load(): Promise<SessionState | null>;
  save(state: SessionState): Promise<void>;
}

/** The shape is ours alone, and written by us alone: what is looked at is its version. */
const kept = z.object({ version: z.literal(VERSION), state: z.looseObject({ boots: z.number() }) });

export function openSessionFile(path: string): SessionFile {
  return {
    async load() {
      let text: string;
      try {
        text = await Deno.readTextFile(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
      // What an older runner did not know yet has not happened.
      return { ...newSession(0), ...kept.parse(JSON.parse(text)).state } as unknown as SessionState;
    },
    async save(state) {
      {
        using file = await Deno.open(`${path}.new`, {
          create: true,
          write: true,
          truncate: true,
          mode: 0o600,
        });
        const bytes = new TextEncoder().encode(JSON.stringify({ version: VERSION, state }));
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
        await file.sync();
      }
      await Deno.rename(`${path}.new`, path);
    },
  };
}
