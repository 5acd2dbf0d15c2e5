/** Reads what a controller says while a run is under way, and acts on it (Pipeline 3.5). */
import { type ControlMessage, parseControlLine } from "../pipeline/control_message.ts";
import type { ControlledDesk } from "./controlled_desk.ts";
import type { RunControl } from "./run_control.ts";

/** @returns Whether the message was one for a run. */
export function controlRun(message: ControlMessage, control: RunControl, desk: ControlledDesk): boolean {
  switch (message.type) {
    case "hitl_response":
      desk.answerHuman(message);
      return true;
    case "permission_response":
      desk.answerPermission(message);
      return true;
    case "pause":
      control.pause();
      return true;
    case "resume":
      control.resume();
      return true;
    case "kill":
      control.kill();
      return true;
    case "disable_step":
      control.setDisabled(message.stepId, true);
      return true;
    case "enable_step":
      control.setDisabled(message.stepId, false);
      return true;
    default:
      return false;
  }
}

/** Until the input ends: then nobody answers any more, and a paused run goes on. */
export async function followControl(
  lines: AsyncIterable<string>,
  control: RunControl,
  desk: ControlledDesk,
): Promise<void> {
  for await (const line of lines) {
    const message = parseControlLine(line);
    if (message !== null) controlRun(message, control, desk);
  }
  control.resume();
  desk.close();
}
