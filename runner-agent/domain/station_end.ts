/** How the operator answers an agent that ends its station (Line 16), whichever way it was told. Pure. */
import type { Conclusion } from "./outcome.ts";

/** What `complete_station` is called with. */
export interface ConclusionWish {
  readonly conclusion: "success" | "failure";
  readonly summary: string | null;
  /** Not zero means failure, whatever the conclusion says (pick A19). */
  readonly exitCode: number;
}

export type CompleteAnswer =
  | { readonly kind: "recorded"; readonly conclusion: Conclusion }
  /** The station was ended before: nothing changes. */
  | { readonly kind: "stands"; readonly conclusion: Conclusion }
  /** The station goes on; `message` says what to do first. */
  | { readonly kind: "refused"; readonly message: string };

/** What an agent that wants to stop is told: null lets it, a text is what it should do before. */
export type StopAnswer = string | null;

/** For the agent to read. */
export function completeText(answer: CompleteAnswer): string {
  switch (answer.kind) {
    case "recorded":
      return `Recorded: ${answer.conclusion.conclusion}. The station is over: do nothing more and end.`;
    case "stands":
      return `The station was ended before, with ${answer.conclusion.conclusion}; that stands. End now.`;
    case "refused":
      return answer.message;
  }
}

/** What every agent that has the operator's tools is told beside the station's own words. */
export function operatorNote(autoGit: boolean): string {
  return "When the work of this station is done, or cannot be done, call the tool `complete_station` of the MCP " +
    "server `shopfloor` once, with `conclusion` success or failure and a short `summary`, and then end. Without that " +
    "tool, the shell command `complete_station success|failure [summary]` does the same." +
    (autoGit ? " Commit every change before: with uncommitted changes the station cannot be a success." : "");
}
