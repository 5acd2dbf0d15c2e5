import assert from "node:assert/strict";
import { join } from "node:path";
import { ManualClock } from "../../test/fake/manual_clock.ts";
import { agentOutput, type OutputForm } from "./agent_output.ts";
import type { RunContext } from "./run_context.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A run whose former sandbox has written one file, and whose present one writes what `live` says. */
async function withRun(
  live: (emit: (text: string) => void, signal: AbortSignal) => Promise<void>,
  body: (context: RunContext, clock: ManualClock) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor_output_" });
  await Deno.writeTextFile(join(root, "former_output.1"), "\u001b[1mbefore\u001b[0m\n");
  const clock = new ManualClock();
  const output = (_id: string, onBytes: (stream: string, part: Uint8Array) => void, signal: AbortSignal) =>
    live((text) => onBytes("stdout", bytes(text)), signal);
  try {
    await body(
      {
        deps: { clock, runtime: { output } },
        dirs: { root },
        secrets: ["s3cret-s3cret"],
      } as unknown as RunContext,
      clock,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

Deno.test("all sandboxes' output is one stream, raw or as lines, without our secrets, and ends with the sandbox", async () => {
  const live = (emit: (text: string) => void) => {
    emit("\u001b[32mkey s3cret-");
    emit("s3cret\u001b[0m\r\n");
    return Promise.resolve();
  };
  await withRun(live, async (context) => {
    const read = (form: OutputForm) =>
      new Response(agentOutput(context, 2, "c", { form, follow: true })).text();
    // deno-lint-ignore no-control-regex
    assert.match(await read("raw"), /^\u001b\[1mbefore\u001b\[0m\n\u001b\[32mkey [^s]+\u001b\[0m\r\n$/);
    assert.match(await read("lines"), /^before\nkey [^s]+\n$/);
  });
});

Deno.test("whoever does not follow has what was there; a suspended agent has only that", async () => {
  const live = async (emit: (text: string) => void, signal: AbortSignal) => {
    emit("now\n");
    await untilAborted(signal);
  };
  await withRun(live, async (context, clock) => {
    const wish = { form: "lines", follow: false } as const;
    let isRead = false;
    const text = new Response(agentOutput(context, 2, "c", wish)).text().finally(() => isRead = true);
    // However long it takes to read what was there before: nobody waits for the clock until then.
    while (!isRead) await clock.pass(600);
    assert.equal(await text, "before\nnow\n");
    assert.equal(await new Response(agentOutput(context, 1, null, wish)).text(), "before\n");
  });
});

Deno.test("who goes away ends the reading", async () => {
  const ended = Promise.withResolvers<void>();
  const live = (_emit: (text: string) => void, signal: AbortSignal) =>
    untilAborted(signal).then(ended.resolve);
  await withRun(live, async (context) => {
    const reader = agentOutput(context, 2, "c", { form: "raw", follow: true }).getReader();
    await reader.read();
    await reader.cancel();
    await ended.promise;
  });
});
