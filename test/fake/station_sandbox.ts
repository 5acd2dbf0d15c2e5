/**
 * The sandbox of a station's pipeline, as data: what was begun under an id stays begun in every life of the runner, and what a
 * program does is a function of its words.
 */
import type { CallEnd, CallRequest, SandboxCalls } from "../../runner-agent/job/pipeline/station_ports.ts";

export interface Begun {
  readonly id: string;
  /** The last word of the command: the script of a shell. */
  readonly script: string;
  readonly stdin: string | null;
}

export class FakeSandbox {
  readonly begun: Begun[] = [];
  readonly said: string[] = [];
  readonly finished: number[] = [];
  readonly #ends = new Map<string, Promise<CallEnd>>();

  /** Tries of the first program that come to nothing, as a sandbox that sets up has them. */
  setUpTries = 0;

  /** @param does What a program comes to; one that never ends is a promise that is never kept. */
  constructor(private readonly does: (begun: Begun) => CallEnd | Promise<CallEnd>) {}

  /** Of one life of the runner: `forget` ends its waiting. */
  life(): SandboxCalls & { forget(): void } {
    const gone = Promise.withResolvers<CallEnd>();
    return {
      run: (id, request, signal) => {
        const end = this.#end(id, request);
        const cancelled = new Promise<CallEnd>((resolve) =>
          signal.addEventListener("abort", () => resolve({ kind: "cancelled" }), { once: true })
        );
        return Promise.race([end, cancelled, gone.promise]).then((found) => {
          if (found.kind !== "ended" || request.onStdout === undefined) return found;
          request.onStdout(new TextEncoder().encode(found.stdout));
          return { ...found, stdout: "" };
        });
      },
      say: (text) => void this.said.push(text),
      finish: (exitCode) => {
        this.finished.push(exitCode);
        return Promise.resolve();
      },
      forget: () => gone.resolve({ kind: "failed", message: "the sandbox ended before the program did" }),
    };
  }

  #environment(): CallEnd {
    if (this.setUpTries-- > 0) return { kind: "failed", message: "the program did not begin within 120 s" };
    return printed("HOME=/home/agent\0");
  }

  #end(id: string, { argv, stdin }: CallRequest): Promise<CallEnd> {
    const known = this.#ends.get(id);
    if (known !== undefined) return known;
    const begun = { id, script: argv.at(-1)!, stdin };
    if (argv[0] !== "env") this.begun.push(begun);
    const end = Promise.resolve(argv[0] === "env" ? this.#environment() : this.does(begun));
    this.#ends.set(id, end);
    return end;
  }
}

/** A program that printed this and ended well. */
export function printed(stdout: string, exitCode = 0): CallEnd {
  return { kind: "ended", exitCode, stdout, stderr: "", isCut: false };
}
