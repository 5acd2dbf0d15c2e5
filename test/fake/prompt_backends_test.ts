import assert from "node:assert/strict";
import {
  countingBackend,
  echoBackend,
  fixedText,
  recordingBackend,
  sequenceBackend,
} from "./prompt_backends.ts";
import { invoked } from "./prompt_call.ts";

Deno.test("r01: the doubles of backends answer as they are named, and tell that they are done", async () => {
  const said = async (backend: Parameters<typeof invoked>[0], prompt = "p") => {
    const { result, events } = await invoked(backend, { prompt });
    assert.deepEqual(events.map(({ type }) => type), ["completed"]);
    return result.ok && result.value.response;
  };
  assert.equal(await said(fixedText("same")), "same");
  assert.equal(await said(echoBackend(), "hello"), "hello");
  const counting = countingBackend("c");
  assert.deepEqual([await said(counting), await said(counting), counting.count], ["c", "c", 2]);
  const recording = recordingBackend("r");
  await said(recording, "kept");
  assert.deepEqual(recording.calls.map(({ prompt }) => prompt), ["kept"]);
  const sequence = sequenceBackend(["one"]);
  assert.deepEqual([await said(sequence), await said(sequence)], [
    "one",
    "[SequenceStubRunner: sequence exhausted]",
  ]);
});
