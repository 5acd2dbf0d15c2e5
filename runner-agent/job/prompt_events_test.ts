import assert from "node:assert/strict";
import { codexSession } from "../harness/codex_session.ts";
import { claudeSession } from "../harness/claude_session.ts";
import { homeTexts } from "../harness/home_files.ts";
import { promptEvents } from "./prompt_events.ts";

const SYSTEM = "You review. The word is s3cret.";
const clean = (text: string) => text.replaceAll("s3cret", "***");

Deno.test("what an agent is told is noted with its hash, and without our secrets", () => {
  const home = homeTexts([
    ...claudeSession.injectSystemPrompt(SYSTEM),
    ...claudeSession.injectInstructions("ab"),
  ]);
  const events = promptEvents(home, SYSTEM, clean);
  assert.deepEqual(events.map(({ payload }) => payload["text"]), ["You review. The word is ***.", "ab"]);
  // sha256sum of the two bytes
  assert.equal(
    events[1]?.payload["sha256"],
    "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603",
  );
});

Deno.test("a system prompt that is in no file but the configuration is noted, too", () => {
  const home = homeTexts([
    ...codexSession.injectSystemPrompt(SYSTEM),
    ...codexSession.injectInstructions("be brief"),
  ]);
  const noted = promptEvents(home, SYSTEM, clean).map(({ payload }) => [payload["what"], payload["text"]]);
  assert.deepEqual(noted, [[".codex/AGENTS.md", "be brief"], [
    "system_prompt",
    "You review. The word is ***.",
  ]]);
  assert.equal(promptEvents(home, "", clean).length, 1, "no system prompt, no entry");
});
