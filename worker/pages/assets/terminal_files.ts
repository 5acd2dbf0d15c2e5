/**
 * The files of the terminal on a task's page, as text: xterm.js and its addon as their packages bring them, and one style
 * sheet. Bundlers and Deno read them where npm put them; nothing of them is in this repository.
 */
import fit from "@xterm/addon-fit/lib/addon-fit.mjs" with { type: "text" };
import xtermStyle from "@xterm/xterm/css/xterm.css" with { type: "text" };
import xterm from "@xterm/xterm/lib/xterm.mjs" with { type: "text" };

/** Heights are fixed, so that the terminal takes the place of the text without moving the page. */
const STYLE = String.raw`
.two > div { min-width: 0; }
.terminal { position: relative; }
.terminal .log, .terminal .screen { height: 28rem; max-height: none; }
.terminal .screen { background: #14161b; border: 1px solid var(--line); border-radius: 10px; padding: 0.6rem 0.4rem 0.6rem 0.8rem; overflow: hidden; }
.terminal .screen:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.terminal .xterm { height: 100%; }
#output-heading a { margin-left: auto; font-weight: 500; }
.terminal.agent .log, .terminal.agent .screen { height: 34rem; overflow: auto; }
.terminal.agent .xterm-viewport { background: transparent; }
.terminal.agent .screen.typed { outline: 3px solid var(--wait); outline-offset: 2px; }
.terminal.agent .xterm { width: max-content; }
.typing { margin: 0.6rem 0; }
.typing.off { visibility: hidden; }
@media (scripting: none) { .typing { display: none; } }
.replay { margin-top: 0.6rem; }
.replay.off { visibility: hidden; }
@media (scripting: none) { .replay { display: none; } }
.replay > .stack { padding: 0 1rem 1rem; }
.replay output { font-variant-numeric: tabular-nums; }
.replay input[type="range"] { padding: 0; width: 100%; min-height: 2rem; accent-color: var(--accent); }
`;

export const TERMINAL_FILES = {
  xterm: { extension: "mjs", type: "text/javascript; charset=utf-8", text: withoutMap(xterm) },
  fit: { extension: "mjs", type: "text/javascript; charset=utf-8", text: withoutMap(fit) },
  style: { extension: "css", type: "text/css; charset=utf-8", text: xtermStyle + STYLE },
} as const;

/** The maps are not served. */
function withoutMap(script: string): string {
  return script.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, "\n");
}
