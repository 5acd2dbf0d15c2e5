/** What a probe finds, in the order of its checks; what was not come to is skipped. */
import {
  CAPABILITY_CHECKS,
  type CapabilityCheck,
  type CapabilityCheckName,
} from "../domain/agent/capability.ts";
import { PROBE_SEEN_MAX_CHARS } from "../limits.ts";
import type { Clock } from "../ports.ts";

/** What came of a check. */
export interface Found {
  readonly isOk: boolean;
  readonly seen: string;
}

const EXPECTED: Readonly<Record<CapabilityCheckName, string>> = {
  version: "a version of the form 1.2.3",
  boot: "the list of tools asked for, without a person's answer",
  mcp: "tools listed before the first prompt, one of them called and its answer read",
  hooks: "session start, prompt, tool start, tool end and turn end told",
  paste: "200 KB told by the prompt's hook as they were pasted",
  interrupt: "a turn that ends within seconds, and the next message taken and answered",
  resume_exact: "the conversation goes on by the session's id in another sandbox",
  resume_latest: "the latest conversation goes on in another sandbox",
  usage: "the tokens of each answer as the model counts them",
};

export class CheckList {
  readonly #done = new Map<CapabilityCheckName, CapabilityCheck>();

  constructor(private readonly clock: Clock, private readonly onCheck: (check: CapabilityCheck) => void) {}

  /** Does a check and notes what came of it, and how long it took. Rejects if `act` does. */
  async check(name: CapabilityCheckName, act: () => Promise<Found>): Promise<boolean> {
    const startedMs = this.clock.nowMs();
    const found = await act();
    this.note(name, found, this.clock.nowMs() - startedMs);
    return found.isOk;
  }

  note(name: CapabilityCheckName, { isOk, seen }: Found, ms = 0): void {
    this.#add({ name, outcome: isOk ? "ok" : "failed", expected: EXPECTED[name], seen: clean(seen), ms });
  }

  skip(name: CapabilityCheckName, why: string): void {
    this.#add({ name, outcome: "skipped", expected: EXPECTED[name], seen: why, ms: 0 });
  }

  /** All checks. */
  end(): readonly CapabilityCheck[] {
    for (const name of CAPABILITY_CHECKS) {
      if (!this.#done.has(name)) this.skip(name, "not come to, as a check before it has failed");
    }
    return CAPABILITY_CHECKS.map((name) => this.#done.get(name)!);
  }

  #add(check: CapabilityCheck): void {
    this.#done.set(check.name, check);
    this.onCheck(check);
  }
}

/** Of a screen, what people can read of it. */
function clean(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ").trim();
  return plain.length <= PROBE_SEEN_MAX_CHARS ? plain : `…${plain.slice(-PROBE_SEEN_MAX_CHARS)}`;
}
