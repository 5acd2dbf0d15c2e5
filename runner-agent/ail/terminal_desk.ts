/** Gates and permissions that the person at the terminal decides (Pipeline s13). Questions go to standard error. */
import type { HumanAnswer, HumanAsk } from "../pipeline/effect.ts";
import type { Host } from "./host.ts";
import type { HumanDesk, PermissionAnswer, PermissionRequest } from "./ports.ts";

export class TerminalDesk implements HumanDesk {
  readonly #standing = new Set<string>();
  #lines: AsyncIterator<string> | null = null;
  /** One question at a time. */
  #before: Promise<unknown> = Promise.resolve();
  /** A line that was waited for when its question was given up. */
  #line: Promise<IteratorResult<string>> | null = null;

  constructor(private readonly host: Pick<Host, "err" | "lines">) {}

  ask({ stepId, kind, message, lastResponse }: HumanAsk, signal: AbortSignal): Promise<HumanAnswer> {
    return this.#inTurn(async () => {
      if (kind === "modify" && lastResponse !== null) this.host.err(`${lastResponse}\n`);
      this.host.err(`\n[${stepId}] ${message ?? (kind === "pause" ? "Go on?" : "Change the output")}\n`);
      this.host.err(
        kind === "pause"
          ? "Enter goes on, 'no' ends the run: "
          : "The new text in one line; Enter keeps it as it is: ",
      );
      const line = await this.#readLine(signal);
      if (kind === "modify") return { kind: "answered", text: line || (lastResponse ?? "") };
      if (/^no?$/i.test(line.trim())) return { kind: "rejected", reason: null };
      return { kind: "answered", text: line };
    });
  }

  hasStandingPermission = (displayName: string): boolean => this.#standing.has(displayName);

  askPermission = (request: PermissionRequest): Promise<PermissionAnswer> =>
    this.#inTurn(async () => {
      const { displayName, displayDetail } = request;
      if (this.#standing.has(displayName)) return { isAllowed: true, reason: null };
      this.host.err(
        `\nThe agent wants to use ${displayName}${displayDetail}\nAllow? [y]es, [a]lways, [n]o: `,
      );
      const line = (await this.#readLine(null)).trim().toLowerCase();
      if (/^a(lways)?$/.test(line)) this.#standing.add(displayName);
      const isAllowed = /^(y(es)?|a(lways)?)$/.test(line);
      return { isAllowed, reason: isAllowed ? null : "a person refused it" };
    });

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#before.then(ask);
    this.#before = answer.catch(() => {});
    return answer;
  }

  /** Empty at the end of the input. */
  async #readLine(signal: AbortSignal | null): Promise<string> {
    this.#lines ??= this.host.lines();
    this.#line ??= this.#lines.next();
    const givenUp = new Promise<null>((resolve) => {
      if (signal?.aborted) resolve(null);
      signal?.addEventListener("abort", () => resolve(null), { once: true });
    });
    const read = await Promise.race([this.#line, givenUp]);
    if (read === null) return "";
    this.#line = null;
    return read.done ? "" : read.value;
  }
}
