/** A person's decision at a gate on the wire (Line 3, row 4). */
import { z } from "zod";
import { reason } from "./fields.ts";

/** POST .../tasks/{taskId}/gates/{gateId}. */
export const gateDecision = z.strictObject({
  action: z.enum(["approve", "reject"]),
  reason: reason.default(""),
  /** The head commit of the work that was looked at: a policy may demand it, and another one is then refused. */
  subjectRev: z.string().max(200).optional(),
});
