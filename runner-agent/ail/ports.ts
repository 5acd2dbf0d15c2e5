/** What the pipeline command needs of the world: backends that answer prompts, and people who decide. */
import type { Result } from "../../protocol/result.ts";
import type { HumanAnswer, HumanAsk, PromptAnswer, PromptCall } from "../pipeline/effect.ts";
import type { BackendEvent } from "../pipeline/event.ts";
import type { Fault } from "../pipeline/fault.ts";

/**
 * Answers prompts: an agent CLI, a model over HTTP, a plugin (Pipeline r01).
 *
 * 1. `invoke` never rejects for what a backend does: a failure is a fault of type `ail:runner/...` or `ail:plugin/...`.
 * 2. When `signal` is aborted, what was started is ended, and the result is `ail:runner/cancelled`.
 * 3. `call.timeoutMs` ends a call with `ail:runner/timeout`.
 * 4. What a backend cannot do (sampling, a tool policy) is told by `warn`, and never fails the call.
 * 5. A wish to use a tool is emitted as `permission_requested` by the backend, and then asked, one at a time; a tool with a
 *    standing permission is neither. Where nobody can be asked, the wish is emitted and denied.
 * 6. On success the last event is `completed`; after the result nothing is emitted.
 */
export interface PromptBackend {
  readonly name: string;
  invoke(call: PromptCall, surroundings: CallSurroundings): Promise<Result<PromptAnswer, Fault>>;
}

export interface CallSurroundings {
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Nobody is asked before a tool is used. */
  readonly isHeadless: boolean;
  onEvent(event: BackendEvent): void;
  /** "Allow for session" was said of this display name: it is granted without an event. Absent: never. */
  hasStandingPermission?(displayName: string): boolean;
  /** Absent where nobody can be asked. The backend has emitted the event; the answer may come after the call has ended. */
  readonly askPermission?: (request: PermissionRequest) => Promise<PermissionAnswer>;
  warn(message: string): void;
}

export interface PermissionRequest {
  readonly displayName: string;
  readonly displayDetail: string;
  readonly toolInput: unknown;
}

export interface PermissionAnswer {
  readonly isAllowed: boolean;
  readonly reason: string | null;
}

/** Who is asked at gates; answers `headless` where nobody is there. */
export interface HumanDesk {
  ask(ask: HumanAsk, signal: AbortSignal): Promise<HumanAnswer>;
}
