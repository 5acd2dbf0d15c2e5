/**
 * The matrix of the four real agent CLIs in real sandboxes, each in a terminal (`agent_scenarios.ts`). As root, and in soak
 * (`SHOPFLOOR_TEST_MATRIX=full`), each goes through all of it; else one of them, and the others through a short station.
 */
import { SESSION_HARNESS_NAMES } from "../../runner-agent/harness/sessions.ts";
import { shortSession, wholeSession } from "./agent_scenarios.ts";

const isFull = Deno.uid() === 0 || Deno.env.get("SHOPFLOOR_TEST_MATRIX") === "full";
/** The one whose interrupt no hook tells, and which takes the most memory. */
const WHOLE = "claude";

for (const name of SESSION_HARNESS_NAMES) {
  if (isFull || name === WHOLE) {
    Deno.test(`${name} in a terminal goes through all that a station may bring`, (t) =>
      wholeSession(name, t));
  } else {
    Deno.test(`${name} in a terminal is told its task, calls a tool, commits and ends its station`, (t) =>
      shortSession(name, t));
  }
}
