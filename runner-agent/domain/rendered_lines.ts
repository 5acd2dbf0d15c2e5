/**
 * What a terminal showed, as lines of text: its control codes are taken out (Runtime 1.5, logs as rendered lines). Pure.
 *
 * 1. No byte that a terminal acts on is in a line; a line has at most {@link RENDERED_LINE_MAX_CHARS} characters.
 * 2. What moves the cursor to another row ends a line, as what comes then stands elsewhere. A carriage return begins the line
 *    again, as a progress bar does.
 * 3. Lines without a word are dropped, and one that is the same as the line before it.
 */
import { RENDERED_LINE_MAX_CHARS } from "../limits.ts";

export interface LineRenderer {
  /** The lines that are whole by now; text may be cut anywhere. */
  push(text: string): readonly string[];
  /** What has not ended. */
  end(): readonly string[];
}

/** Where in a control code the text stands; `string` is one that goes on to BEL or ST, such as a window's title. */
type Place = "text" | "escape" | "csi" | "string" | "string_escape" | "charset";

/** Of CSI codes: those after which the cursor is in another row, or the screen is empty. */
const OTHER_ROW = new Set("ABEFHJLMSTdf");
/** To the right: a gap that people read as blanks. */
const RIGHT = "CGI`a";
const BLANKS_MAX = 8;

export function createLineRenderer(): LineRenderer {
  let place: Place = "text";
  let parameters = "";
  /** The next character begins the line again. */
  let returned = false;
  let line = "";
  let last = "";
  let found: string[] = [];

  function put(char: string): void {
    if (line.length < RENDERED_LINE_MAX_CHARS) line += char;
  }

  function breakLine(): void {
    const text = line.trimEnd();
    line = "";
    if (!/[\p{L}\p{N}]/u.test(text) || text === last) return;
    last = text;
    found.push(text);
  }

  function plain(char: string): void {
    switch (char) {
      case "\u001b":
        place = "escape";
        return;
      case "\u009b":
        [place, parameters] = ["csi", ""];
        return;
      case "\n":
      case "\v":
      case "\f":
        return breakLine();
      case "\r":
        // The line feed of a line's end comes behind it.
        returned = true;
        return;
      case "\b":
        line = line.slice(0, -1);
        return;
      case "\t":
        return put("  ");
      default:
        if (char >= " " && char !== "\u007f" && !(char >= "\u0080" && char <= "\u009f")) put(char);
    }
  }

  function control(final: string): void {
    if (OTHER_ROW.has(final)) return breakLine();
    if (RIGHT.includes(final)) {
      const count = Math.min(BLANKS_MAX, Math.max(1, Number.parseInt(parameters, 10) || 1));
      if (line !== "") put(" ".repeat(count));
    }
  }

  function step(char: string): void {
    switch (place) {
      case "text":
        if (returned && char !== "\n" && char !== "\r") line = "";
        if (char !== "\r") returned = false;
        return plain(char);
      case "escape":
        if (char === "[") [place, parameters] = ["csi", ""];
        else if ("]PX^_".includes(char)) place = "string";
        else if ("()*+-./ #%".includes(char)) place = "charset";
        else {
          place = "text";
          if ("DEMc".includes(char)) breakLine();
        }
        return;
      case "csi":
        if (char >= "@" && char <= "~") {
          place = "text";
          control(char);
        } else if (char === "\u001b") place = "escape";
        else parameters = (parameters + char).slice(0, 20);
        return;
      case "charset":
        place = "text";
        return;
      case "string":
        if (char === "\u0007" || char === "\u009c") place = "text";
        else if (char === "\u001b") place = "string_escape";
        return;
      case "string_escape":
        place = char === "\\" ? "text" : "string";
        return;
    }
  }

  function take(): readonly string[] {
    const lines = found;
    found = [];
    return lines;
  }

  return {
    push(text) {
      for (const char of text) step(char);
      return take();
    },
    end() {
      breakLine();
      return take();
    },
  };
}
