import assert from "node:assert/strict";
import { BOX_REST_MAX_MS } from "../../limits.ts";
import { type BoxSight, judgeBox, seeBox, standsInBox } from "./input_box.ts";

const RULE = { inputBox: "^> ", restMs: 400 };

/** Looks at screens at their times; the last one's verdict. */
function looks(...screens: readonly (readonly [number, string])[]) {
  let sight: BoxSight | null = null;
  let nowMs = 0;
  for (const [atMs, screen] of screens) sight = seeBox(sight, 1, screen, nowMs = atMs);
  return judgeBox(sight!, RULE, nowMs);
}

Deno.test("a box is ready once it is drawn and the screen has rested, whatever blanks are at its ends", () => {
  assert.deepEqual(looks([0, "> "]), { kind: "look_again", atMs: 200 });
  assert.deepEqual(looks([0, "title\n> type"], [200, "title\n> type  \n\n"]), {
    kind: "look_again",
    atMs: 400,
  });
  assert.deepEqual(looks([0, "> type"], [400, "> type \n"]), { kind: "ready" });
});

Deno.test("a screen that changes, or that stands still without a box, is not ready", () => {
  assert.equal(looks([0, "> type"], [300, "loading\n> type"], [500, "loading\n> type"]).kind, "look_again");
  assert.equal(looks([0, "loading"], [5_000, "loading"]).kind, "look_again");
  assert.equal(looks([0, ""], [5_000, ""]).kind, "look_again");
  assert.equal(looks([0, "a > b"], [5_000, "a > b"]).kind, "look_again", "the sign begins a line");
});

Deno.test("what never comes to rest is given up in time, and whether a box was there is known", () => {
  assert.deepEqual(looks([0, "> 1"], [BOX_REST_MAX_MS - 1, "> 2"]), {
    kind: "look_again",
    atMs: BOX_REST_MAX_MS,
  });
  assert.deepEqual(looks([0, "> 1"], [BOX_REST_MAX_MS, "> 2"]), { kind: "given_up", isDrawn: true });
  assert.deepEqual(looks([0, "x"], [BOX_REST_MAX_MS, "x"]), { kind: "given_up", isDrawn: false });
});

Deno.test("another boot's screen is looked at anew", () => {
  const first = seeBox(null, 1, "> x", 0);
  const second = seeBox(first, 2, "> x", 5_000);
  assert.equal(judgeBox(first, RULE, 5_000).kind, "ready");
  assert.deepEqual(judgeBox(second, RULE, 5_000), { kind: "look_again", atMs: 5_200 });
});

const RULE_LINE = "─".repeat(40);
const CLAUDE_FOOT = `${RULE_LINE}\n  ⏵⏵ bypass permissions on`;
const OPENCODE_FOOT = "  ┃\n  ┃  Build · scripted\n  ╹▀▀▀▀▀▀\n   esc interrupt        ctrl+p commands\n";

for (
  const { name, inputBox, screen, stands } of [
    {
      name: "in the box",
      inputBox: "^❯",
      screen: `● Bash(x)\n${RULE_LINE}\n❯ a\n  the end\n${CLAUDE_FOOT}\n\n`,
      stands: true,
    },
    {
      name: "as a paste",
      inputBox: "^❯",
      screen: `${RULE_LINE}\n❯ [Pasted text #1 +9 lines]\n${CLAUDE_FOOT}`,
      stands: true,
    },
    {
      name: "above the box",
      inputBox: "^❯",
      screen: `❯ the end\n${RULE_LINE}\n❯ \n${CLAUDE_FOOT}`,
      stands: false,
    },
    {
      name: "above a dialog",
      inputBox: "^❯",
      screen: `❯ the end\n\n${RULE_LINE}\n Which?\n\n ❯ 1. a\n   2. b\n   3. c\n\n Enter to select`,
      stands: false,
    },
    { name: "nowhere", inputBox: "^❯", screen: `❯ \n${CLAUDE_FOOT}`, stands: false },
    { name: "where no box is", inputBox: "^❯", screen: "the end", stands: false },
    {
      name: "in a box of signs",
      inputBox: "^\\s*┃",
      screen: `  ┃  said\n\n  ┃  the end\n${OPENCODE_FOOT}`,
      stands: true,
    },
    {
      name: "above such a box",
      inputBox: "^\\s*┃",
      screen: `  ┃  the end\n\n  ┃\n${OPENCODE_FOOT}`,
      stands: false,
    },
  ]
) {
  Deno.test(`a text ${name} ${stands ? "stands" : "does not stand"} in it`, () => {
    assert.equal(standsInBox(screen, inputBox, "the end"), stands);
  });
}
