/**
 * The scripts of a task's output, as text. `terminal.js` puts a terminal in the place of the text and keeps it live;
 * `replay.js` shows output again from any moment. Without them the text stays, and links to all of it.
 */
import { ACTIVITY } from "./activity_script.ts";
import { REPLAY } from "./replay_script.ts";
import { TYPING } from "./typing_script.ts";

/**
 * Looks after the terminal. It offers to other scripts, as `terminal` of the element `#terminal` once that has told
 * `shopfloor:ready`: `live()`, `hold()`, `reset()`, `write(bytes)`, which resolves when they are shown, and `type(heard)`,
 * after which `heard` gets what is typed until it is null.
 *
 * xterm.js writes its theme into style elements, and colours of 24 bits into style attributes: the page's policy
 * (`style-src 'self'`) refuses both. So on this page `createElement` gives, for a style element, a stand-in that puts its
 * text into a constructed style sheet, and spans whose style attribute is set through the object model: what any script of
 * ours may do under the same policy. (Its option `documentOverride` would be the narrower way; half of it passes that by.)
 */
const TERMINAL = String.raw`
(() => {
  const box = document.getElementById("terminal"), pre = document.getElementById("output");
  if (!box || box.dataset.expired !== undefined) return;
  const status = document.getElementById("output-status");
  const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007)/g;
  const keepChars = 2000000, ackBytes = 65536;
  const seen = new Set();
  let socket = null, offset = 0, shown = 0, acked = 0, pauseMs = 500, held = false, turn = 0;

  const create = document.createElement.bind(document);
  document.createElement = (tag, ...rest) => {
    if (tag === "span") {
      const span = create(tag, ...rest);
      const set = span.setAttribute.bind(span);
      span.setAttribute = (name, value) => {
        if (name === "style") span.style.cssText = value;
        else set(name, value);
      };
      return span;
    }
    if (tag !== "style") return create(tag, ...rest);
    // Even an empty style element is refused: one that shows nothing takes its place.
    const stand = create("template"), sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    Object.defineProperty(stand, "textContent", { get: () => "", set: (css) => sheet.replaceSync(css) });
    return stand;
  };

  /** The largest font in which so many columns fit, as far as it can be read. */
  function fontFor(cols, family) {
    const canvas = create("canvas").getContext("2d");
    canvas.font = "13px " + family;
    const wide = canvas.measureText("W").width * cols, room = box.clientWidth - 48;
    return Math.max(9, Math.min(13, Math.floor(130 * room / wide) / 10));
  }

  async function openTerminal() {
    const [{ Terminal }, { FitAddon }] = await Promise.all([import(box.dataset.xterm), import(box.dataset.fit)]);
    const screen = document.createElement("div");
    screen.className = "screen";
    const cols = Number(box.dataset.cols ?? 0), rows = Number(box.dataset.rows ?? 0);
    const fontFamily = getComputedStyle(pre).fontFamily;
    const terminal = new Terminal({
      ...(cols > 0 ? { cols, rows } : {}),
      convertEol: true, disableStdin: true, scrollback: 20000,
      fontSize: cols > 0 ? fontFor(cols, fontFamily) : 13, fontFamily, cursorInactiveStyle: "none", minimumContrastRatio: 4.5,
      theme: { background: "#14161b", foreground: "#dfe3ea", cursor: "#14161b", selectionBackground: "#3a4a7a" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    const pages = { PageUp: -1, PageDown: 1 }, lines = { ArrowUp: -1, ArrowDown: 1 };
    let typist = null;
    terminal.onData((data) => typist?.(data));
    terminal.attachCustomKeyEventHandler((event) => {
      if (typist !== null) return !(event.ctrlKey && event.key === "]");
      if (event.type !== "keydown") return false;
      if (event.key in pages) terminal.scrollPages(pages[event.key]);
      else if (event.key in lines) terminal.scrollLines(lines[event.key]);
      else if (event.key === "Home") terminal.scrollToTop();
      else if (event.key === "End") terminal.scrollToBottom();
      else return false;
      event.preventDefault();
      return false;
    });
    pre.before(screen);
    terminal.open(screen);
    terminal.textarea.setAttribute("aria-label", "Output. Arrow keys and Page Up and Down scroll it");
    pre.hidden = true;
    if (cols === 0) {
      fit.fit();
      new ResizeObserver(() => fit.fit()).observe(screen);
    }
    return {
      type: (heard) => {
        typist = heard;
        terminal.options.disableStdin = heard === null;
        terminal.options.theme = { ...terminal.options.theme, cursor: heard === null ? "#14161b" : "#dfe3ea" };
        screen.classList.toggle("typed", heard !== null);
        if (heard !== null) terminal.focus();
        return terminal.textarea;
      },
      from: Number(box.dataset.tail),
      reset: () => terminal.reset(),
      write: (data) => new Promise((done) => terminal.write(data, done)),
    };
  }

  const plain = {
    from: Number(box.dataset.offset),
    reset: () => {},
    write: (text) => {
      const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40;
      pre.append(text.replace(escapes, ""));
      while (pre.textContent.length > keepChars && pre.childNodes.length > 1) pre.firstChild.remove();
      if (atEnd) pre.scrollTop = pre.scrollHeight;
      return Promise.resolve();
    },
  };

  function join(sink) {
    const mine = ++turn;
    const url = new URL(box.dataset.stream, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("offset", String(offset));
    url.searchParams.set("acks", "true");
    url.searchParams.set("activity", "true");
    acked = offset;
    let over = false;
    socket = new WebSocket(url);
    socket.onopen = () => { pauseMs = 500; status.textContent = "live"; };
    socket.onmessage = async (message) => {
      const frame = JSON.parse(message.data);
      if (mine !== turn) return;
      if (frame.kind === "output" && frame.nextOffset > offset) {
        offset = frame.nextOffset;
        await sink.write(frame.text);
        if (mine !== turn || frame.nextOffset - acked < ackBytes || socket.readyState !== 1) return;
        acked = frame.nextOffset;
        socket.send(JSON.stringify({ kind: "ack", offset: acked }));
      } else if (frame.kind === "timeline" && !seen.has(frame.entry.eventId)) {
        seen.add(frame.entry.eventId);
        document.dispatchEvent(new Event("shopfloor:changed"));
      } else if (frame.kind === "activity") {
        document.dispatchEvent(new Event("shopfloor:activity"));
      } else if (frame.kind === "end") {
        over = true;
        status.textContent = "ended";
        document.dispatchEvent(new Event("shopfloor:changed"));
        socket.close();
      }
    };
    socket.onclose = () => {
      if (over || mine !== turn) return;
      status.textContent = "reconnecting";
      setTimeout(() => mine === turn && join(sink), pauseMs);
      pauseMs = Math.min(pauseMs * 2, 15000);
    };
  }

  function start(sink) {
    offset = sink.from;
    join(sink);
  }

  openTerminal().then((sink) => {
    box.terminal = {
      reset: sink.reset,
      write: sink.write,
      type: sink.type,
      hold: () => { turn++; socket.close(); status.textContent = "replay"; },
      live: () => { sink.reset(); start(sink); },
    };
    start(sink);
    box.dispatchEvent(new Event("shopfloor:ready"));
  }, () => start(plain));
})();
`;

export const TERMINAL_SCRIPTS: Readonly<Record<string, string>> = {
  "terminal.js": TERMINAL.trimStart(),
  "replay.js": REPLAY.trimStart(),
  "typing.js": TYPING.trimStart(),
  "activity.js": ACTIVITY.trimStart(),
};
