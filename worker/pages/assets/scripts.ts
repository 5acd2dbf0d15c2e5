/**
 * The small scripts of the pages, as text: pages work without them, with reloads. Each is served at
 * `/assets/{name}` and stays below 5 kB. None makes markup from data: text goes in as text, and regions come from
 * our own pages as they were rendered.
 */

/** Keeps the regions marked `data-live` as the server renders them: by polling, and when another script asks. */
const LIVE = String.raw`
(() => {
  const everyMs = Number(document.body.dataset.pollMs), slowMs = 15000;
  let failures = 0, timer = 0, busy = false, again = false, tag = "";
  const shown = new Map();
  const status = document.getElementById("live-status");
  const isOver = () => document.querySelector("[data-live]:not([data-over])") === null;

  function isChanged(field) {
    if (field.localName !== "select") return field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }

  function place(now, next) {
    const fields = [...now.querySelectorAll("input:not([type=hidden]),textarea,select")];
    if (fields.some((field) => field === document.activeElement || isChanged(field))) return false;
    const source = next.innerHTML;
    if (shown.get(now.id) === source) return true;
    shown.set(now.id, source);
    const open = [...now.querySelectorAll("details[id][open]")].map((d) => d.id);
    const keyOf = (element) => element.id || element.getAttribute("href") || element.outerHTML;
    const had = document.activeElement, focused = had !== now && now.contains(had) ? keyOf(had) : "";
    now.replaceChildren(...next.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const again = focused && [...now.querySelectorAll(had.localName)].find((one) => keyOf(one) === focused);
    if (again) again.focus({ preventScroll: true });
    return true;
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const headers = { accept: "text/html", ...(tag === "" ? {} : { "if-none-match": tag }) };
      const answer = await fetch(location.href, { headers, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        let isWhole = true;
        for (const now of document.querySelectorAll("[data-live]")) {
          const next = page.getElementById(now.id);
          if (next === null) continue;
          isWhole = place(now, next) && isWhole;
          now.toggleAttribute("data-over", next.hasAttribute("data-over"));
        }
        document.title = page.title;
        tag = isWhole ? answer.headers.get("etag") ?? "" : "";
      }
      failures = 0;
      if (status) status.textContent = "";
    } catch {
      failures++;
      if (status) status.textContent = "Connection lost, trying again";
    }
    busy = false;
    if (again) { again = false; void refresh(); return; }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (isOver() || document.hidden) return;
    timer = setTimeout(refresh, Math.min(everyMs * 2 ** failures, slowMs));
  }

  document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : void refresh());
  document.addEventListener("shopfloor:changed", () => void refresh());
  plan();
})();
`;

/** Sends what stands in the address's fragment (a gate's token, a sign-in code) by the page's own form. */
const FRAGMENT = String.raw`
(() => {
  const form = document.querySelector("form[data-fragment]");
  function send() {
    const secret = location.hash.slice(1);
    if (!secret) return;
    if (!form) { location.replace("/g?next" + location.hash); return; }
    form.elements.namedItem(form.dataset.fragment).value = secret;
    form.submit();
  }
  // Another link in the same tab changes the fragment alone: nothing is loaded for it. The query makes a page load.
  addEventListener("hashchange", send);
  send();
})();
`;

export const SCRIPTS: Readonly<Record<string, string>> = {
  "live.js": LIVE.trimStart(),
  "fragment.js": FRAGMENT.trimStart(),
};
