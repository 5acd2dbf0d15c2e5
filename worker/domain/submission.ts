/** A card on its way onto a line. Type only. */
import type { TaskCard } from "../../protocol/line/task.ts";

export interface Submission {
  readonly lineId: string;
  readonly card: TaskCard;
  /** W3C Trace Context of the request, in the form of version 00; null: it had none. */
  readonly traceparent?: string | null;
}
