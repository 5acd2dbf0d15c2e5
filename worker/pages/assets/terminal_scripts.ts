/**
 * The scripts of a task's output, as text. `terminal.js` puts a terminal in the place of the text and keeps it live;
 * `replay.js` shows output again from any moment. Without them the text stays, and links to all of it.
 */

/**
 * Looks after the terminal. It offers to other scripts, as `terminal` of the element `#terminal` once that has told
 * `shopfloor:ready`: `live()`, `hold()`, `reset()`, and `write(bytes)`, which resolves when they are shown.
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

  async function openTerminal() {
    const [{ Terminal }, { FitAddon }] = await Promise.all([import(box.dataset.xterm), import(box.dataset.fit)]);
    const screen = document.createElement("div");
    screen.className = "screen";
    const terminal = new Terminal({
      convertEol: true, disableStdin: true, scrollback: 20000, fontSize: 13,
      fontFamily: getComputedStyle(pre).fontFamily, cursorInactiveStyle: "none", minimumContrastRatio: 4.5,
      theme: { background: "#14161b", foreground: "#dfe3ea", cursor: "#14161b", selectionBackground: "#3a4a7a" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    const pages = { PageUp: -1, PageDown: 1 }, lines = { ArrowUp: -1, ArrowDown: 1 };
    terminal.attachCustomKeyEventHandler((event) => {
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
    fit.fit();
    new ResizeObserver(() => fit.fit()).observe(screen);
    return {
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
      hold: () => { turn++; socket.close(); status.textContent = "replay"; },
      live: () => { sink.reset(); start(sink); },
    };
    start(sink);
    box.dispatchEvent(new Event("shopfloor:ready"));
  }, () => start(plain));
})();
`;

/** The moments of the output as a slider: it jumps to one, plays from it, and gives the terminal back to what is live. */
const REPLAY = String.raw`
(() => {
  const panel = document.getElementById("replay"), box = document.getElementById("terminal");
  if (!panel || !box) return;
  const part = (name) => document.getElementById("replay-" + name);
  const slider = part("at"), label = part("time"), button = part("play"), jump = part("run");
  const blockBytes = 262144, shortMs = 2000;
  const names = JSON.parse(panel.dataset.stations);
  const blocks = new Map();
  let pace = null, at = 0, turn = 0, playing = false;

  const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
  const end = (i) => i + 1 < pace.moments.length ? pace.moments[i + 1][0] : pace.totalBytes;
  const nameOf = (run) => names[pace.runs[run].stationId] ?? pace.runs[run].stationId;

  function block(number) {
    if (!blocks.has(number)) {
      if (blocks.size > 8) blocks.delete(blocks.keys().next().value);
      const from = number * blockBytes, to = Math.min(pace.totalBytes, from + blockBytes);
      const url = panel.dataset.log + "?offset=" + from;
      blocks.set(number, fetch(url, { headers: { range: "bytes=0-" + (to - from - 1) } }).then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return new Uint8Array(await answer.arrayBuffer());
      }));
    }
    return blocks.get(number);
  }

  async function show(from, to, mine) {
    for (let number = Math.floor(from / blockBytes); number * blockBytes < to; number++) {
      const bytes = await block(number);
      if (mine !== turn) return;
      const start = number * blockBytes;
      await box.terminal.write(bytes.slice(Math.max(0, from - start), to - start));
    }
  }

  function tell() {
    const [, atMs, run] = pace.moments[at];
    slider.value = String(at);
    label.textContent = clock(atMs) + " UTC, " + nameOf(run);
    slider.setAttribute("aria-valuetext", label.textContent);
  }

  function stop() {
    turn++;
    playing = false;
    button.textContent = "Play";
  }

  async function seek(to) {
    stop();
    const mine = turn;
    at = Math.max(0, Math.min(to, pace.moments.length - 1));
    tell();
    box.terminal.reset();
    await show(Math.max(0, end(at) - blockBytes), end(at), mine);
  }

  function pauseMs() {
    const gapMs = pace.moments[at + 1][1] - pace.moments[at][1];
    if (part("pace").value === "recorded") return gapMs;
    return Math.min(gapMs, shortMs) / (part("pace").value === "fast" ? 10 : 1);
  }

  async function play() {
    if (at >= pace.moments.length - 1) await seek(0);
    const mine = ++turn;
    playing = true;
    button.textContent = "Pause";
    while (at < pace.moments.length - 1) {
      await new Promise((go) => setTimeout(go, pauseMs()));
      if (mine !== turn) return;
      at++;
      tell();
      await show(pace.moments[at][0], end(at), mine);
      if (mine !== turn) return;
    }
    stop();
  }

  async function open() {
    box.terminal.hold();
    blocks.clear();
    const answer = await fetch(panel.dataset.pace);
    if (!answer.ok) throw new Error(String(answer.status));
    pace = await answer.json();
    const isEmpty = pace.moments.length === 0;
    for (const control of [slider, button, jump]) control.disabled = isEmpty;
    if (isEmpty) { label.textContent = "Nothing was printed yet"; return false; }
    slider.max = String(pace.moments.length - 1);
    const firsts = pace.moments.flatMap((moment, i) => i === 0 || pace.moments[i - 1][2] !== moment[2] ? [i] : []);
    jump.replaceChildren(...firsts.map((i) => {
      const [, atMs, run] = pace.moments[i];
      return new Option(nameOf(run) + ", " + clock(atMs), String(i));
    }));
    await seek(pace.moments.length - 1);
    return true;
  }

  let opening = null;
  const fault = () => { label.textContent = "The output could not be read: close this and try again"; };
  panel.addEventListener("toggle", () => {
    if (panel.open) opening = open().catch(fault);
    else { stop(); box.terminal.live(); }
  });
  slider.addEventListener("input", () => void seek(Number(slider.value)).catch(fault));
  jump.addEventListener("change", () => void seek(Number(jump.value)).catch(fault));
  button.addEventListener("click", () => playing ? stop() : void play().catch(fault));
  document.addEventListener("click", async (event) => {
    const run = event.target.closest?.("[data-replay-run]")?.dataset.replayRun;
    if (run === undefined || !box.terminal || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!panel.open) {
      panel.open = true;
      await new Promise((go) => panel.addEventListener("toggle", go, { once: true }));
    }
    await opening;
    const first = pace?.moments.findIndex((moment) => pace.runs[moment[2]].runId === run) ?? -1;
    if (first < 0) return;
    panel.scrollIntoView({ block: "nearest" });
    await seek(first).catch(fault);
    slider.focus();
  });
  box.addEventListener("shopfloor:ready", () => panel.classList.remove("off"));
})();
`;

export const TERMINAL_SCRIPTS: Readonly<Record<string, string>> = {
  "terminal.js": TERMINAL.trimStart(),
  "replay.js": REPLAY.trimStart(),
};
