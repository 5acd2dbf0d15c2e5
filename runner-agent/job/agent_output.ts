/**
 * What an agent's terminal has shown since the run's beginning, over all of its sandboxes, for people at this machine: as it was
 * written (`raw`), or as lines without control codes (`lines`). Secrets are cut out as of all output.
 */
import { createRedactor } from "../domain/redaction.ts";
import { createLineRenderer } from "../domain/rendered_lines.ts";
import { OUTPUT_QUIET_MS } from "../limits.ts";
import type { OutputStream } from "../ports.ts";
import type { RunContext } from "./run_context.ts";
import { formerOutputs } from "./suspend.ts";

export const OUTPUT_FORMS = ["raw", "lines"] as const;
export type OutputForm = (typeof OUTPUT_FORMS)[number];

export interface OutputWish {
  readonly form: OutputForm;
  /** Until the sandbox ends; else until nothing came for a moment. */
  readonly follow: boolean;
}

/** @param boots How many sandboxes the run has had. @param containerId The present one; null: it has none now. */
export function agentOutput(
  context: RunContext,
  boots: number,
  containerId: string | null,
  { form, follow }: OutputWish,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const write = writerOf(form, (bytes) => controller.enqueue(bytes));
      try {
        const former = formerOutputs(context, containerId === null ? boots + 1 : boots);
        for (const path of former) {
          write.push(await Deno.readFile(path).catch(() => new Uint8Array()));
        }
        if (containerId !== null) await present(context, containerId, follow, over, write.push);
        write.end();
        controller.close();
      } catch (error) {
        if (!over.signal.aborted) controller.error(error);
      }
    },
    cancel: () => over.abort(),
  });
}

async function present(
  { deps, secrets }: RunContext,
  containerId: string,
  follow: boolean,
  over: AbortController,
  push: (bytes: Uint8Array) => void,
): Promise<void> {
  const quiet = new AbortController();
  const signal = AbortSignal.any([over.signal, quiet.signal]);
  const redactors = { stdout: createRedactor(secrets), stderr: createRedactor(secrets) };
  let hasNews = true;
  const onBytes = (stream: OutputStream, bytes: Uint8Array) => {
    hasNews = true;
    push(redactors[stream].push(bytes));
  };
  const reading = deps.runtime.output(containerId, onBytes, signal).catch((error) => {
    if (!signal.aborted) throw error;
  });
  const ended = reading.then(() => quiet.abort(), () => quiet.abort());
  while (!follow && hasNews && !signal.aborted) {
    hasNews = false;
    await deps.clock.sleep(OUTPUT_QUIET_MS, signal).catch(() => undefined);
  }
  if (!follow) quiet.abort();
  await reading;
  await ended;
  push(redactors.stdout.end());
  push(redactors.stderr.end());
}

function writerOf(form: OutputForm, emit: (bytes: Uint8Array) => void): {
  push(bytes: Uint8Array): void;
  end(): void;
} {
  if (form === "raw") return { push: (bytes) => bytes.length > 0 && emit(bytes), end: () => {} };
  const [decoder, encoder, renderer] = [new TextDecoder(), new TextEncoder(), createLineRenderer()];
  const tell = (lines: readonly string[]) => {
    if (lines.length > 0) emit(encoder.encode(lines.map((line) => `${line}\n`).join("")));
  };
  return {
    push: (bytes) => tell(renderer.push(decoder.decode(bytes, { stream: true }))),
    end: () => tell([...renderer.push(decoder.decode()), ...renderer.end()]),
  };
}
