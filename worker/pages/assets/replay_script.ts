/** The moments of the output as a slider: it jumps to one, plays from it, and gives the terminal back to what is live. */
export const REPLAY = String.raw`
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
  const appear = () => panel.classList.remove("off");
  if (box.terminal) appear();
  else box.addEventListener("shopfloor:ready", appear);
})();
`;
