/**
 * The terminal of one agent, driven by programs in its sandbox (`container/run_bin/agent_session`).
 *
 * 1. A text goes through standard input into a buffer of tmux's and is pasted bracketed: its line ends and signs arrive as
 *    they are, whatever its size, and it is on no command line.
 * 2. The calls of one terminal are made one after the other: no key comes between a paste and its Enter.
 * 3. A paste and its Enter are one program in the sandbox, as each costs tens of milliseconds to begin; a runner that dies in
 *    between leaves no text without its Enter.
 */
import { FINISH_CALL_MS, KEY_GAP_MS, SCREEN_MAX_BYTES, TERMINAL_CALL_MS } from "../limits.ts";
import type { Clock, ContainerRuntime } from "../ports.ts";

/** Methods reject when the sandbox does not answer; what was asked for may have been done all the same. */
export interface AgentTerminal {
  /** Pastes, waits until the CLI has settled, and presses Enter. */
  submit(text: string, settle: Settle): Promise<void>;
  /** Presses keys of tmux's names one after the other; signs that follow each other come together, as typed quickly. */
  press(keys: readonly string[]): Promise<void>;
  /** What is on the screen. Only for looking whether a text still stands there. */
  screen(): Promise<string>;
  /** Whether somebody is attached who may type. */
  isAttached(): Promise<boolean>;
  /** Ends the harness; the session's status is `status`. */
  finish(status: number): Promise<void>;
}

/** From a paste to its Enter, which a CLI may swallow when it comes too soon. */
export interface Settle {
  /** For so long it is waited in any case but the next. */
  readonly maxMs: number;
  /** So long after the end of the text was seen on the screen; null: what is on the screen says nothing. */
  readonly seen: { readonly ending: string; readonly restMs: number } | null;
}

/** Where the session is, inside of the sandbox. */
export interface TerminalPlace {
  readonly socket: string;
  readonly sessionProgram: string;
}

/** The target in all of tmux's commands. */
const TARGET = "agent:agent";

/**
 * Invariant 3: socket, buffer, target, the seconds of a wait, and how many of them there are before Enter. With an ending each is
 * followed by a look: once it is on the screen, one wait more and Enter. Only POSIX sh, and `sleep` with fractions.
 */
const SUBMIT = `
tmux -S "$1" load-buffer -b "$2" - && tmux -S "$1" paste-buffer -p -d -b "$2" -t "$3" || exit
left=$5
while [ "$left" -gt 0 ]; do
  sleep "$4"
  left=$((left - 1))
  [ -n "$SHOPFLOOR_ENDING" ] || continue
  case $(tmux -S "$1" capture-pane -p -J -t "$3") in
    *"$SHOPFLOOR_ENDING"*) sleep "$4"; break ;;
  esac
done
exec tmux -S "$1" send-keys -t "$3" Enter
`;

export function createAgentTerminal(
  runtime: Pick<ContainerRuntime, "exec">,
  containerId: string,
  place: TerminalPlace,
  clock: Clock,
): AgentTerminal {
  let buffers = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Invariant 2. */
  function oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const done = last.then(act, act);
    last = done;
    return done;
  }

  async function run(
    argv: readonly string[],
    stdin?: Uint8Array,
    timeoutMs = TERMINAL_CALL_MS,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const done = await runtime.exec(containerId, {
      argv,
      ...(stdin === undefined ? {} : { stdin }),
      env,
      timeoutMs,
      maxBytes: SCREEN_MAX_BYTES,
    });
    if (done.timedOut || done.exitCode !== 0) {
      throw new TerminalError(
        `Cannot ${argv[3] ?? argv[1]} in the agent's terminal as it must answer: current value is ${
          done.timedOut ? "no answer" : `exit code ${done.exitCode}`
        }`,
      );
    }
    return new TextDecoder().decode(done.stdout);
  }

  const tmux = (args: readonly string[]) => run(["tmux", "-S", place.socket, ...args]);

  return {
    submit: (text, { maxMs, seen }) =>
      oneByOne(async () => {
        const waitMs = seen?.restMs ?? maxMs;
        const waits = String(Math.ceil(maxMs / waitMs));
        const words = [place.socket, `message-${++buffers}`, TARGET, String(waitMs / 1_000), waits];
        await run(
          ["sh", "-c", SUBMIT, "submit", ...words],
          new TextEncoder().encode(text),
          // Each look takes some milliseconds, and some more on a busy machine.
          TERMINAL_CALL_MS + 2 * maxMs,
          { SHOPFLOOR_ENDING: seen?.ending ?? "" },
        );
      }),
    press: (keys) =>
      oneByOne(async () => {
        for (const [at, strokes] of strokesOf(keys).entries()) {
          if (at > 0) await clock.sleep(KEY_GAP_MS);
          await tmux(["send-keys", "-t", TARGET, "--", ...strokes]);
        }
      }),
    screen: () => oneByOne(() => tmux(["capture-pane", "-p", "-J", "-t", TARGET])),
    isAttached: () =>
      oneByOne(async () =>
        (await tmux(["list-clients", "-F", "#{client_readonly}"])).split("\n").includes("0")
      ),
    finish: (status) =>
      oneByOne(async () =>
        void await run([place.sessionProgram, "--finish", String(status)], undefined, FINISH_CALL_MS)
      ),
  };
}

/**
 * What is pressed at once: signs that follow each other, or one key with a name, which some CLIs take for a part of a
 * paste when it comes along with text. A `;` at the end of an argument would end tmux's command.
 */
export function strokesOf(keys: readonly string[]): readonly (readonly string[])[] {
  const strokes: string[][] = [];
  let isText = false;
  for (const key of keys) {
    const isSign = [...key].length === 1 || key === "Space";
    const stroke = key.endsWith(";") ? `${key.slice(0, -1)}\\;` : key;
    if (isSign && isText) strokes.at(-1)!.push(stroke);
    else strokes.push([stroke]);
    isText = isSign;
  }
  return strokes;
}

export class TerminalError extends Error {}
