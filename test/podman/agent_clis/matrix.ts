/**
 * The matrix of the four real agent CLIs in real sandboxes, each in a terminal (`agent_scenarios.ts`), and each in a file of
 * its own, as files are run beside each other. As root, and in soak (`SHOPFLOOR_TEST_MATRIX=full`), each goes through all of
 * it; else one of them, and the others through a short station.
 */
import type { SessionHarnessName } from "../../../runner-agent/agent_ports.ts";
import { shortSession, wholeSession } from "../agent_scenarios.ts";

const isFull = Deno.uid() === 0 || Deno.env.get("SHOPFLOOR_TEST_MATRIX") === "full";
/** The one whose interrupt no hook tells, and which takes the most memory. */
const WHOLE = "claude";

/** Declares the test of one CLI. */
export function testCli(name: SessionHarnessName): void {
  if (isFull || name === WHOLE) {
    Deno.test(`${name} in a terminal goes through all that a station may bring`, (t) =>
      wholeSession(name, t));
  } else {
    Deno.test(`${name} in a terminal is told its task, calls a tool, commits and ends its station`, (t) =>
      shortSession(name, t));
  }
}

/** Where the test of one CLI is, from the root. */
export function fileOf(name: SessionHarnessName): string {
  return `test/podman/agent_clis/${name}_test.ts`;
}
