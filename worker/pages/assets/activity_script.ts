/**
 * What a task's page does when agents do something (`shopfloor:activity`): it asks again, at most once a second. The first
 * sign of an agent in a terminal brings its terminal and its forms, by another load, unless somebody writes.
 */
export const ACTIVITY = String.raw`
(() => {
  const box = document.getElementById("terminal");
  let timer = 0;

  /** Once a minute: an agent that is not in a terminal brings nothing. */
  function mayLoad() {
    const writes = document.activeElement?.matches("input,textarea,select") && !box.contains(document.activeElement);
    const key = "shopfloor:agent:" + location.pathname, lastMs = Number(sessionStorage.getItem(key) ?? 0);
    if (writes || box.dataset.cols !== undefined || Date.now() - lastMs < 60000) return false;
    sessionStorage.setItem(key, String(Date.now()));
    return true;
  }

  document.addEventListener("shopfloor:activity", () => {
    if (timer !== 0) return;
    timer = setTimeout(() => {
      timer = 0;
      if (mayLoad()) location.reload();
      else document.dispatchEvent(new Event("shopfloor:changed"));
    }, 1000);
  });
})();
`;
