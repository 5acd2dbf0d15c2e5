/** The matrix of the four real agent CLIs in real sandboxes, each in a terminal (`agent_scenarios.ts`). */
import { SESSION_HARNESS_NAMES } from "../../runner-agent/harness/sessions.ts";
import { wholeSession } from "./agent_scenarios.ts";

for (const name of SESSION_HARNESS_NAMES) {
  Deno.test(`${name} in a terminal goes through all that a station may bring`, (t) => wholeSession(name, t));
}
