/// <reference lib="deno.ns" />
/** The terminal's scripts and files hold what the pages' policy asks for. */
import assert from "node:assert/strict";
import { TERMINAL_FILES } from "./terminal_files.ts";
import { TERMINAL_SCRIPTS } from "./terminal_scripts.ts";

/** Ours; xterm.js is 345 kB beside them. */
const SCRIPT_MAX_BYTES = 7_000;

Deno.test("the terminal's scripts are small, and none makes markup or code from data", () => {
  for (const [name, text] of Object.entries(TERMINAL_SCRIPTS)) {
    assert.ok(new TextEncoder().encode(text).length < SCRIPT_MAX_BYTES, name);
    assert.doesNotMatch(text, /innerHTML\s*=|insertAdjacentHTML|document\.write|eval\(|new Function/, name);
  }
});

Deno.test("the terminal's files load nothing from anywhere", () => {
  assert.match(TERMINAL_FILES.xterm.text, /export\s*\{[^}]*as Terminal/);
  assert.match(TERMINAL_FILES.fit.text, /export\s*\{[^}]*as FitAddon/);
  for (const [name, { text }] of Object.entries(TERMINAL_FILES)) {
    assert.doesNotMatch(text, /sourceMappingURL|^import\s|@import|url\(\s*["']?https?:/m, name);
  }
  for (const { text } of [TERMINAL_FILES.xterm, TERMINAL_FILES.fit]) {
    assert.doesNotMatch(text, /\beval\(|new Function\(/);
  }
});
