import assert from "node:assert/strict";
import { TURN_PROMPT_MAX_CHARS } from "../limits.ts";
import { firstLine, isBranchName, type KeptTurn, readTurn, rewoundNotice, turnMessage } from "./turns.ts";

const TURN: KeptTurn = {
  turn: 3,
  kind: "turn",
  atMs: 7,
  filesChanged: 2,
  filesLeftOut: 0,
  prompt: 'say "x"\\ ✓',
  headCommit: "0123",
};

Deno.test("a turn is read from its message as it was written, and from no other message", () => {
  for (const kind of ["start", "turn", "before_rewind"] as const) {
    assert.deepEqual(readTurn(turnMessage({ ...TURN, kind })), { ...TURN, kind });
  }
  for (const message of ["", "fix: a thing\n", "{", '{"turn":"1"}', "null-ish\n\n[]"]) {
    assert.equal(readTurn(message), null, message);
  }
  assert.match(turnMessage(TURN), /^Turn 3: say "x"/);
});

Deno.test("a prompt's first line that says something, bounded and without control characters", () => {
  assert.equal(firstLine("\n  \n do\tthis \u001b[31m\nthen"), "do this  [31m");
  assert.equal(firstLine(" \n\n"), null);
  assert.equal(firstLine("x".repeat(1_000))?.length, TURN_PROMPT_MAX_CHARS);
});

Deno.test("names of branches are those that git takes, of plain characters", () => {
  for (const name of ["a", "try/first-2", "v1.0_x"]) assert(isBranchName(name), name);
  for (
    const name of [
      "",
      "-a",
      "a/",
      "/a",
      "a//b",
      "a..b",
      "a.lock",
      "x/b.lock/c",
      "a.",
      "a b",
      "@",
      "a~1",
      ".a",
    ]
  ) {
    assert(!isBranchName(name), name);
  }
});

Deno.test("an agent is told which state it has now, where its branch was, and as what the later one is kept", () => {
  assert.match(rewoundNotice(TURN, 5), /after turn 3\..*kept as turn 5.*git reset 0123/s);
  assert.match(rewoundNotice({ ...TURN, kind: "start" }, 5), /after the station's start\./);
});
