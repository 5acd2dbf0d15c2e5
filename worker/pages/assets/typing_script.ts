/**
 * Typing in an agent's terminal, as the script `typing.js`: what xterm.js makes of keys becomes keys by tmux's names, which
 * go to the run one request after the other, so that their order stays. Answers of the terminal to questions that the
 * output asks (its kind, its size, the mouse) are no keys and are dropped. Leaving the terminal or the page, Ctrl+] and
 * ten minutes without a key end it.
 */
export const TYPING = String.raw`
(() => {
  const panel = document.getElementById("typing"), box = document.getElementById("terminal");
  if (!panel || !box) return;
  const button = document.getElementById("typing-button"), status = document.getElementById("typing-status");
  const atOnce = 50, waitingMax = 1000, idleMs = 600000;
  const before = status.textContent;
  const finals = { A: "Up", B: "Down", C: "Right", D: "Left", H: "Home", F: "End", Z: "BTab",
    P: "F1", Q: "F2", R: "F3", S: "F4" };
  const numbers = { 1: "Home", 2: "IC", 3: "DC", 4: "End", 5: "PPage", 6: "NPage", 7: "Home", 8: "End", 15: "F5",
    17: "F6", 18: "F7", 19: "F8", 20: "F9", 21: "F10", 23: "F11", 24: "F12" };
  const single = { "\r": "Enter", "\n": "C-j", "\t": "Tab", "\x7f": "BSpace", "\x1b": "Escape", " ": "Space",
    "\x00": "C-Space", "\x1c": "C-\\", "\x1e": "C-^", "\x1f": "C-_" };
  const isKey = /^(?:[\x21-\x7e]+|[^\p{ASCII}\p{C}\p{Z}])$/u;
  let typing = false, busy = false, waiting = [], timer = 0;

  function prefix(number) {
    const bits = Number(number ?? 1) - 1;
    return (bits & 4 ? "C-" : "") + (bits & 2 ? "M-" : "") + (bits & 1 ? "S-" : "");
  }

  function keysOf(data) {
    const keys = [];
    const parts = /\x1b\[(\?|<|>)?([\d;]*)([@-~])|\x1bO([A-Z])|\x1b([^\x1b[O])|([^])/gu;
    for (const [, mark, numbersGiven, final, ss3, meta, sign] of data.matchAll(parts)) {
      if (final !== undefined) {
        const [number, modifier] = numbersGiven.split(";");
        const isArrow = numbersGiven === "" || (number === "1" && modifier !== undefined);
        const name = final === "~" ? numbers[number] : final !== "R" && isArrow ? finals[final] : undefined;
        if (mark === undefined && name !== undefined) keys.push(prefix(modifier) + name);
      } else if (ss3 !== undefined) {
        if (finals[ss3]) keys.push(finals[ss3]);
      } else {
        const one = meta ?? sign, code = one.codePointAt(0);
        const name = single[one] ?? (code < 27 ? "C-" + String.fromCharCode(code + 96) : one);
        if (isKey.test(name)) keys.push(meta === undefined ? name : "M-" + name);
      }
    }
    return keys;
  }

  async function send() {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const keys = waiting.splice(0, atOnce);
      try {
        const answer = await fetch(panel.dataset.keys, {
          method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ keys }),
        });
        if (!answer.ok) {
          const { error } = await answer.json().catch(() => ({}));
          stop(error?.code === "run_not_active" ? "The run has ended." : error?.code === "too_many_commands"
            ? "Its runner does not take keys right now." : "These keys were refused.");
        }
      } catch {
        stop("The connection is lost: the last keys may be, too.");
      }
    }
    busy = false;
  }

  function hear(data) {
    clearTimeout(timer);
    timer = setTimeout(() => stop("Ten minutes without a key: typing has ended."), idleMs);
    const keys = keysOf(data);
    if (waiting.length + keys.length > waitingMax) {
      status.textContent = "That was too much at once: send it as a message.";
      return;
    }
    waiting.push(...keys);
    void send();
  }

  function start() {
    typing = true;
    const field = box.terminal.type(hear);
    field.addEventListener("blur", leave, { once: true });
    button.textContent = "Stop typing";
    button.setAttribute("aria-pressed", "true");
    status.textContent = "You type in the agent's terminal. Ctrl+] or a click elsewhere ends it.";
    timer = setTimeout(() => stop("Ten minutes without a key: typing has ended."), idleMs);
  }

  function leave() { stop(before); }

  function stop(words) {
    if (!typing) return;
    typing = false;
    waiting = [];
    clearTimeout(timer);
    box.terminal.type(null).removeEventListener("blur", leave);
    button.textContent = "Type in this terminal";
    button.setAttribute("aria-pressed", "false");
    status.textContent = words;
  }

  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => typing ? stop(before) : start());
  document.addEventListener("keydown", (event) => {
    if (!typing || !event.ctrlKey || event.key !== "]") return;
    event.preventDefault();
    stop(before);
    button.focus();
  }, true);
  document.addEventListener("visibilitychange", () => document.hidden && stop(before));
  addEventListener("pagehide", () => stop(before));
  document.getElementById("replay")?.addEventListener("toggle", () => stop(before));
  const show = () => box.terminal.type && panel.classList.remove("off");
  if (box.terminal) show();
  else box.addEventListener("shopfloor:ready", show);
})();
`;
