/**
 * Which programs were begun in a sandbox: a directory each, numbered in their order, which the station inside begins as it
 * finds them (`container/run_bin/pipeline_station`).
 *
 * 1. A call's directory comes to be by one rename, and so do its number and its id: what is there is begun, what is not was
 *    never seen by anybody. A number is given only to what is there, as the station waits for the next one.
 * 2. The book is read from the disk once; a reading that failed is repeated at the next question.
 * 3. What the station sources is quoted here: nothing in a name, argument or value is ever read as shell.
 * 4. Why a call was stopped is written before it is told, so that each life of the runner says the same.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { quoted } from "../../sidecar/service_files.ts";
import { type CallFiles, writeWhole } from "./call_files.ts";
import type { CallRequest } from "./station_ports.ts";

/** Why a call was ended by us. */
export type CallStop =
  | { readonly kind: "timed_out" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly message: string };

export interface BegunCall {
  readonly n: number;
  readonly beganAtMs: number;
  readonly stop: CallStop | null;
}

const entrySchema = z.object({ id: z.string(), beganAtMs: z.number() });
const stopSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("timed_out") }),
  z.object({ kind: z.literal("cancelled") }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);

const NUMBER = /^[1-9]\d{0,8}$/;
const ID = /^[\w-]{1,64}$/;
const VARIABLE = /^[A-Za-z_]\w*$/;
const READABLE_DIR = 0o755;
const READABLE = 0o644;

export class CallBook {
  #read: Promise<Map<string, BegunCall>> | null = null;
  #last = 0;
  readonly #beginning = new Map<string, Promise<BegunCall>>();

  constructor(private readonly files: CallFiles) {}

  /** What was begun under an id, in whichever life; null when nothing was. Rejects when the disk cannot be read. */
  async find(id: string): Promise<BegunCall | null> {
    return (await this.#entries()).get(id) ?? null;
  }

  /** Begins a call, once for each id. Rejects when the disk refuses, and for a request that no shell can carry out. */
  begin(id: string, request: CallRequest, nowMs: number): Promise<BegunCall> {
    const under = this.#beginning.get(id) ??
      this.#begin(id, request, nowMs).finally(() => this.#beginning.delete(id));
    this.#beginning.set(id, under);
    return under;
  }

  /** Invariant 4. Rejects when the disk refuses. */
  async stop(id: string, call: BegunCall, stop: CallStop): Promise<void> {
    (await this.#entries()).set(id, { ...call, stop });
    await writeWhole(join(this.#dir(call.n), "stop"), JSON.stringify(stop));
  }

  /** What an ended call needs no more. */
  async trim(id: string, { n }: BegunCall): Promise<void> {
    const paths = [...["stdin", "command"].map((name) => join(this.#dir(n), name)), this.#folder(id)];
    await Promise.all(paths.map((path) => Deno.remove(path, { recursive: true }).catch(ignoreMissing)));
  }

  async #begin(id: string, request: CallRequest, nowMs: number): Promise<BegunCall> {
    const entries = await this.#entries();
    const found = entries.get(id);
    if (found !== undefined) return found;
    if (!ID.test(id)) {
      throw new TypeError("Cannot run a program as its id must be of letters, digits, _ and -");
    }
    const made = join(this.files.calls, `.${id}`);
    await Deno.remove(made, { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(made, { mode: READABLE_DIR });
    await this.#writeFiles(id, request.files ?? {});
    const texts = {
      "call.json": JSON.stringify({ id, beganAtMs: nowMs }),
      command: commandText(request),
      stdin: request.stdin ?? "",
    };
    for (const [name, text] of Object.entries(texts)) {
      await Deno.writeTextFile(join(made, name), text, { mode: READABLE });
    }
    // In one step, so that no other call gets the number meanwhile.
    const call: BegunCall = { n: this.#last + 1, beganAtMs: nowMs, stop: null };
    Deno.renameSync(made, this.#dir(call.n));
    this.#last = call.n;
    entries.set(id, call);
    return call;
  }

  async #writeFiles(id: string, files: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(files);
    if (entries.length === 0) return;
    await Deno.mkdir(this.#folder(id), { recursive: true, mode: READABLE_DIR });
    for (const [path, text] of entries) {
      const file = join(this.#folder(id), path);
      await Deno.mkdir(dirname(file), { recursive: true, mode: READABLE_DIR });
      await Deno.writeTextFile(file, text, { mode: READABLE });
    }
  }

  /** Invariant 2. */
  #entries(): Promise<Map<string, BegunCall>> {
    this.#read ??= this.#load().catch((error) => {
      this.#read = null;
      throw error;
    });
    return this.#read;
  }

  async #load(): Promise<Map<string, BegunCall>> {
    const found = new Map<string, BegunCall>();
    let last = 0;
    for await (const { name } of Deno.readDir(this.files.calls)) {
      if (!NUMBER.test(name)) continue;
      const n = Number(name);
      const entry = entrySchema.parse(
        JSON.parse(await Deno.readTextFile(join(this.#dir(n), "call.json"))),
      );
      const stopText = await Deno.readTextFile(join(this.#dir(n), "stop")).catch(ignoreMissing);
      const stop = stopText === undefined ? null : stopSchema.parse(JSON.parse(stopText));
      found.set(entry.id, { n, beganAtMs: entry.beganAtMs, stop });
      last = Math.max(last, n);
    }
    this.#last = last;
    return found;
  }

  #folder(id: string): string {
    return join(this.files.folders, id);
  }

  #dir(n: number): string {
    return join(this.files.calls, String(n));
  }
}

/** Invariant 3. */
function commandText({ argv, env }: CallRequest): string {
  const [program] = argv;
  const names = Object.keys(env);
  const odd = names.find((name) => !VARIABLE.test(name));
  if (odd !== undefined) {
    throw new TypeError("Cannot run a program as a variable's name must be one of a shell");
  }
  if (program === undefined || program === "" || program.startsWith("-")) {
    throw new TypeError("Cannot run a program as its first word must name one");
  }
  if ([...argv, ...Object.values(env)].some((word) => word.includes("\0"))) {
    throw new TypeError("Cannot run a program as no argument may have a zero byte");
  }
  const exports = names.map((name) => `export ${name}=${quoted(env[name]!)}\n`).join("");
  return `${exports}exec ${argv.map(quoted).join(" ")}\n`;
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
