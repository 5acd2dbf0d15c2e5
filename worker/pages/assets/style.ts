/**
 * The one style sheet: few tokens, light and dark, readable from 320 px on. Served at `/assets/style.css`. A page that
 * needs much of its own (the terminal) brings a second sheet; the rest is said with these classes:
 *
 * - **Frame** (`layout.tsx` alone): `bar`, `brand`, `switch`, `who`, `badge`, `crumbs`, `skip`, `toast`.
 * - **Page**: `h1` (in a `heading` with what is begun there), then `meta` (a wrapping line of small facts), `two` (narrow and wide column), `narrow` (a form alone),
 *   `row` (fields side by side; `fixed` does not grow), `stack` (things with air between), `actions` (a row of buttons),
 *   `tabs` (links to parts of one page, `aria-current` on the one that is shown), `pager` (older, newer).
 * - **Blocks**: `panel`, `cards` with `card` (`wait` marks what waits for a person), `note` (`good`, `bad`, `wait`),
 *   `empty`, `lanes` (lines, each with its stations), `inset` (air inside a `details`), `facts` (a `dl`), `tiles` with `tile` (one figure: `strong` and a word), `clone` (text to copy whole),
 *   `scroll` around what may be wider than a phone (give it `tabindex="0"`, `role="region"` and a label), `log`, `diff`,
 *   `source`, `files`, `stations`, `events`, `text` (a `pre` of prose), `plot` (an SVG of `chart.tsx`).
 * - **Tables**: `table`; `num` for figures, `fit` for cells that must not wrap. On a phone put it into `scroll`; one of few columns of words `wraps` there instead.
 * - **Words**: `soft`, `small`, `mono`, `count`, `pill` with a tone (`good`, `bad`, `wait`, `busy`), `chip` (a label),
 *   `plus`, `minus`, `sr` (for screen readers alone).
 * - **Controls**: `button` or `a.button`; `plain` (quiet), `approve`, `reject`, `danger`; `filters` (a form that narrows
 *   a list), `decision` (sticks to the lower edge on a phone).
 *
 * Colours are tokens (`--text`, `--soft`, `--link`, `--surface`, `--sunk`, `--line`, a tone and its `-bg`): text on its
 * ground has a contrast of 4.5 at least, as `assets_test.ts` computes, and the edges of fields have that of text. Nothing moves by itself
 * but the dot of `busy`, and not for those who want no motion. Regions that are filled later have their height before.
 */
export const STYLE = String.raw`
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --sunk: #eef0f4; --line: #d9dde5;
  --text: #1a1d24; --soft: #5a6272; --link: #1d4fd8;
  --accent: #1d4fd8; --on-accent: #ffffff;
  --good: #136c37; --good-bg: #ddf4e5; --bad: #b1221f; --bad-bg: #fde4e2;
  --wait: #8a4b00; --wait-bg: #ffedd0; --busy: #1747b8; --busy-bg: #e1eaff;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111318; --surface: #1a1d24; --sunk: #14161b; --line: #323845;
    --text: #e8eaf0; --soft: #a2aaba; --link: #8db0ff;
    --accent: #8db0ff; --on-accent: #0c1530;
    --good: #7fdca0; --good-bg: #14321f; --bad: #ff9d96; --bad-bg: #3d1716;
    --wait: #ffc46b; --wait-bg: #3a2708; --busy: #a3c0ff; --busy-bg: #182850;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-bottom: 11rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
a { color: var(--link); text-underline-offset: 0.18em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--surface); padding: 0.5rem 1rem; z-index: 3; }
.bar { background: var(--surface); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 74rem; margin: 0 auto; padding: 0.55rem 1rem; display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; align-items: center; min-height: 3.4rem; }
.bar nav { order: 4; flex: 1 0 100%; }
.bar ul { list-style: none; margin: 0 -0.6rem; padding: 0; display: flex; flex-wrap: wrap; gap: 0 0.2rem; }
.bar li a { display: flex; align-items: center; gap: 0.4rem; min-height: 2.4rem; padding: 0 0.6rem; color: var(--soft); text-decoration: none; border-radius: 8px; font-size: 0.95rem; }
.bar li a:hover { color: var(--text); background: var(--sunk); }
.bar li a[aria-current] { color: var(--text); font-weight: 650; box-shadow: inset 0 -3px var(--accent); border-radius: 8px 8px 0 0; }
@media (max-width: 26rem) { .bar li a { font-size: 0.8rem; padding: 0 0.27rem; gap: 0.2rem; } .bar ul { margin: 0 -0.27rem; gap: 0; } .bar .badge { min-width: 1.1rem; padding: 0 0.2rem; font-size: 0.72rem; } }
@media (min-width: 64rem) { .bar nav { order: 0; flex: 0 1 auto; } .bar .switch { order: 2; } .bar .who { order: 3; margin-left: 0; } .bar .switch { margin-left: auto; } }
.switch { color: var(--text); text-decoration: none; border: 1px solid var(--line); border-radius: 8px; padding: 0.2rem 0.7rem; min-height: 2.1rem; display: inline-flex; align-items: center; gap: 0.4rem; font-size: 0.92rem; max-width: 18rem; min-width: 0; }
.switch span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.switch::after { content: ""; flex: none; width: 0.45rem; height: 0.45rem; border-right: 2px solid var(--soft); border-bottom: 2px solid var(--soft); transform: rotate(45deg) translate(-2px, -2px); }
.switch:hover { border-color: var(--accent); }
.who { margin-left: auto; display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; font-size: 0.92rem; min-width: 0; overflow-wrap: anywhere; }
.badge { min-width: 1.35rem; padding: 0 0.4rem; border-radius: 99px; background: var(--wait-bg); color: var(--wait); font-size: 0.8rem; font-weight: 700; text-align: center; }
.toast { position: fixed; left: 50%; bottom: 1rem; transform: translateX(-50%); margin: 0; background: var(--text); color: var(--page); border-radius: 8px; padding: 0.5rem 1rem; z-index: 4; max-width: calc(100% - 2rem); }
.toast:empty { display: none; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.brand { font-weight: 700; color: var(--text); text-decoration: none; letter-spacing: -0.01em; display: flex; gap: 0.5rem; align-items: center; }
.brand i { display: inline-block; width: 1.1rem; height: 0.75rem; border-radius: 3px; background: linear-gradient(90deg, var(--good) 0 30%, var(--line) 30% 35%, var(--accent) 35% 65%, var(--line) 65% 70%, var(--wait) 70%); }
main { max-width: 74rem; margin: 0 auto; padding: 1.4rem 1rem 4rem; }
h1 { font-size: clamp(1.35rem, 1.1rem + 1.4vw, 1.85rem); line-height: 1.25; margin: 0 0 0.4rem; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.08rem; margin: 2rem 0 0.7rem; display: flex; gap: 0.55rem; align-items: baseline; }
h2 .count { color: var(--soft); font-weight: 500; font-size: 0.92rem; }
h3 { font-size: 1rem; margin: 0 0 0.3rem; overflow-wrap: anywhere; }
p { margin: 0.4rem 0; }
main > .meta + .panel { margin-top: 0.9rem; }
.soft { color: var(--soft); }
.small { font-size: 0.9rem; }
.mono, code, pre { font-family: var(--mono); font-size: 0.86rem; }
code { overflow-wrap: anywhere; }
.crumbs { color: var(--soft); font-size: 0.9rem; margin-bottom: 0.5rem; overflow-wrap: anywhere; }
.crumbs ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.1rem 0; }
.crumbs li { min-width: 0; }
.crumbs li + li::before { content: "/"; margin: 0 0.5rem; color: var(--soft); }
.cards { display: grid; gap: 0.7rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); padding: 0; margin: 0; list-style: none; }
.card, .panel { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 0.85rem 1rem; min-width: 0; }
.card { display: flex; flex-direction: column; gap: 0.35rem; position: relative; }
.card h3 a { color: var(--text); text-decoration: none; }
.card h3 a::after { content: ""; position: absolute; inset: 0; border-radius: 10px; }
.card p a { position: relative; z-index: 1; }
.card:hover { border-color: var(--accent); }
.card.wait { border-left: 4px solid var(--wait); }
.meta { display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; color: var(--soft); font-size: 0.9rem; }
.pill { display: inline-flex; align-items: center; gap: 0.35rem; border-radius: 99px; padding: 0.1rem 0.65rem; font-size: 0.84rem; font-weight: 600; background: var(--sunk); color: var(--soft); white-space: nowrap; }
.pill.good { background: var(--good-bg); color: var(--good); }
.pill.bad { background: var(--bad-bg); color: var(--bad); }
.pill.wait { background: var(--wait-bg); color: var(--wait); }
.pill.busy { background: var(--busy-bg); color: var(--busy); }
.pill.busy::before { content: ""; width: 0.5rem; height: 0.5rem; border-radius: 50%; background: currentColor; animation: beat 1.6s ease-in-out infinite; }
@keyframes beat { 50% { opacity: 0.25; } }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 0 0.45rem; font-size: 0.84rem; color: var(--soft); background: var(--surface); overflow-wrap: anywhere; }
a.chip { color: var(--link); text-decoration: none; }
a.chip[aria-current] { background: var(--busy-bg); color: var(--busy); border-color: transparent; font-weight: 600; }
.chips { display: inline-flex; flex-wrap: wrap; gap: 0.25rem; }
.tabs { display: flex; flex-wrap: wrap; gap: 0 0.3rem; border-bottom: 1px solid var(--line); margin: 0.8rem 0 1rem; }
.tabs a { padding: 0.5rem 0.7rem; color: var(--soft); text-decoration: none; }
@media (max-width: 26rem) { .tabs a { padding-inline: 0.45rem; } }
.tabs a[aria-current] { color: var(--text); font-weight: 650; box-shadow: inset 0 -3px var(--accent); }
.tiles { display: grid; gap: 0.7rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9rem), 1fr)); padding: 0; margin: 0.8rem 0; list-style: none; }
.tile { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 0.6rem 0.9rem; color: var(--soft); font-size: 0.9rem; }
.tile strong { display: block; color: var(--text); font-size: 1.45rem; line-height: 1.3; letter-spacing: -0.015em; }
.scroll { overflow-x: auto; }
@media (max-width: 40rem) { .scroll > table { width: max-content; min-width: 100%; } .scroll th, .scroll td { overflow-wrap: break-word; max-width: 16rem; } .scroll > table.wraps { width: 100%; } .wraps .pill { white-space: normal; border-radius: 0.8rem; } }
.plot { display: block; max-width: 100%; height: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: 0.88rem; }
th, td { padding: 0.5rem 0.8rem 0.5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child > td, tbody > tr:last-child > th { border-bottom: 0; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.fit, th.fit { white-space: nowrap; }
.pager { display: flex; flex-wrap: wrap; gap: 0.7rem; margin: 1.2rem 0; }
.heading { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center; justify-content: space-between; margin-bottom: 0.8rem; }
.heading > h1 { margin: 0; }
.actions { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; }
.filters { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 10rem), 1fr)); align-items: end; margin: 0.6rem 0; }
.filters .wide { grid-column: 1 / -1; }
.inset { padding: 0.2rem 1rem 1rem; }
.lanes { list-style: none; margin: 0; display: grid; gap: 0.6rem; }
.lanes > li { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; align-items: baseline; }
.lanes > li > span { display: inline-flex; flex-wrap: wrap; gap: 0 0.6rem; align-items: baseline; min-width: 9rem; }
.lanes ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.3rem 0.4rem; }
.lanes li li:not(:last-child)::after { content: ""; display: inline-block; width: 0.7rem; height: 2px; background: var(--soft); vertical-align: middle; margin-left: 0.4rem; }
.lanes .chip { padding: 0.15rem 0.6rem; font-size: 0.9rem; }
.lanes .chip.none { color: var(--soft); }
.lanes .chip .badge { margin-left: 0.35rem; }
.note { border-radius: 10px; padding: 0.7rem 1rem; background: var(--sunk); border: 1px solid var(--line); margin: 1rem 0; overflow-wrap: anywhere; }
.note.wait { background: var(--wait-bg); border-color: transparent; color: var(--wait); }
.note.bad { background: var(--bad-bg); border-color: transparent; color: var(--bad); }
.note.good { background: var(--good-bg); border-color: transparent; color: var(--good); }
.empty { color: var(--soft); border: 1px dashed var(--line); border-radius: 10px; padding: 1.2rem; text-align: center; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit; }
.stations { list-style: none; margin: 0; padding: 0; }
.stations li { display: grid; grid-template-columns: 1.1rem 1fr; gap: 0 0.7rem; position: relative; padding-bottom: 1rem; }
.stations li::before { content: ""; width: 0.9rem; height: 0.9rem; border-radius: 50%; border: 3px solid var(--line); background: var(--surface); margin-top: 0.32rem; }
.stations li:not(:last-child)::after { content: ""; position: absolute; left: 0.4rem; top: 1.5rem; bottom: -0.1rem; width: 2px; background: var(--line); }
.stations li.good::before { border-color: var(--good); background: var(--good); }
.stations li.bad::before { border-color: var(--bad); background: var(--bad); }
.stations li.busy::before { border-color: var(--busy); }
.stations li.wait::before { border-color: var(--wait); background: var(--wait); }
.stations li > div { min-width: 0; }
.events { list-style: none; margin: 0; padding: 0 1rem 0.8rem; font-size: 0.9rem; display: grid; gap: 0.25rem; }
.panel.events { padding-block: 0.7rem; }
.events li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.7rem; overflow-wrap: anywhere; }
.log { background: #14161b; color: #dfe3ea; border-radius: 10px; padding: 0.8rem 1rem; margin: 0; max-height: 28rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); }
.log:empty::before { content: "Nothing was printed yet."; color: #98a1b2; }
.clone { display: block; background: var(--sunk); border: 1px solid var(--line); border-radius: 8px; padding: 0.6rem 0.8rem; overflow-wrap: anywhere; user-select: all; }
details { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; margin-bottom: 0.6rem; overflow: hidden; }
summary { cursor: pointer; padding: 0.65rem 1rem; font-weight: 600; overflow-wrap: anywhere; }
summary .small { font-weight: 500; margin-left: 0.4rem; }
details > .text, details > p { padding: 0.2rem 1rem 0.9rem; }
.plus { color: var(--good); } .minus { color: var(--bad); }
.diff { margin: 0; overflow-x: auto; border-top: 1px solid var(--line); background: var(--surface); line-height: 1.45; padding: 0.3rem 0; }
.diff span { display: block; padding: 0 1rem; white-space: pre; min-width: max-content; }
.diff .add { background: var(--good-bg); color: var(--good); }
.diff .del { background: var(--bad-bg); color: var(--bad); }
.diff .hunk { color: var(--soft); background: var(--sunk); }
form { margin: 0; }
label { display: block; font-weight: 600; margin-bottom: 0.25rem; font-size: 0.92rem; }
input, textarea { width: 100%; font: inherit; color: var(--text); background: var(--surface); border: 1px solid var(--soft); border-radius: 8px; padding: 0.55rem 0.7rem; }
textarea { resize: vertical; min-height: 2.7rem; }
button, .button { font: inherit; font-weight: 650; min-height: 2.75rem; border-radius: 8px; border: 1px solid transparent; padding: 0.5rem 1.2rem; cursor: pointer; background: var(--accent); color: var(--on-accent); text-decoration: none; display: inline-block; }
button:hover { filter: brightness(1.08); }
button.plain { background: transparent; color: var(--link); border-color: var(--line); min-height: 0; padding: 0.25rem 0.8rem; font-weight: 500; font-size: 0.92rem; }
button.approve { background: var(--good); color: var(--surface); }
button.reject { background: transparent; color: var(--bad); border-color: var(--bad); }
button.danger, a.button.danger { background: var(--bad); color: var(--surface); }
a.button { line-height: 1.65; text-align: center; }
a.plain { background: transparent; color: var(--link); border-color: var(--line); min-height: 0; padding: 0.25rem 0.8rem; font-weight: 500; font-size: 0.92rem; }
.row { display: flex; gap: 0.7rem; flex-wrap: wrap; }
.row > * { flex: 1 1 8rem; }
.row > .fixed { flex: 0 0 auto; }
.row > .end { align-self: end; }
.decision { position: sticky; bottom: 0; margin: 1.5rem -1rem -4rem; padding: 0.8rem 1rem calc(0.8rem + env(safe-area-inset-bottom)); background: var(--surface); border-top: 1px solid var(--line); box-shadow: 0 -6px 18px rgb(0 0 0 / 0.08); z-index: 2; display: grid; gap: 0.6rem; }
@media (min-width: 48rem) { .decision { grid-template-columns: 1fr 20rem; align-items: end; border: 1px solid var(--line); border-radius: 10px 10px 0 0; margin-inline: 0; } }
.two { display: grid; gap: 1.2rem; }
@media (min-width: 60rem) { .two { grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); align-items: start; } }
.two > div > h2:first-child { margin-top: 0.6rem; }
.narrow { max-width: 30rem; margin: 8vh auto 0; }
.stack > * + * { margin-top: 0.9rem; }
.refs { max-width: 32rem; margin: 0.8rem 0; }
select { font: inherit; color: var(--text); background: var(--surface); border: 1px solid var(--soft); border-radius: 8px; padding: 0.55rem 0.7rem; min-height: 2.75rem; min-width: 0; width: 100%; text-overflow: ellipsis; }
.meta a[aria-current] { color: var(--text); font-weight: 650; text-decoration: none; }
.path { overflow-wrap: anywhere; }
.files { list-style: none; margin: 0.6rem 0; padding-block: 0.3rem; }
.files li { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; justify-content: space-between; padding: 0.4rem 0; overflow-wrap: anywhere; min-width: 0; }
.files li > * { min-width: 0; }
.files li + li { border-top: 1px solid var(--line); }
.source { margin: 0.6rem 0; padding: 0.5rem 0; overflow-x: auto; line-height: 1.45; }
.source span { display: block; white-space: pre; min-width: max-content; padding-right: 1rem; }
.source span:target { background: var(--wait-bg); }
.source a { display: inline-block; width: 4.2rem; padding-right: 1rem; text-align: right; color: var(--soft); text-decoration: none; user-select: none; }
dl.facts { display: grid; grid-template-columns: auto 1fr; gap: 0.2rem 0.9rem; margin: 0.6rem 0; font-size: 0.92rem; }
dl.facts .job + .job { margin-left: 0.6rem; }
.card .actions { margin-top: auto; padding-top: 0.4rem; }
.card > h3:first-child { margin-bottom: 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
/* Drawings: charts and graphs. */
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.plots { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); align-items: start; margin: 0.8rem 0; }
.plot { margin: 0; display: flex; flex-direction: column; gap: 0.3rem; }
.plot figcaption { font-weight: 650; }
.plot > p { margin: 0; }
.chart { display: block; width: 100%; max-width: 34rem; height: auto; overflow: visible; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; margin: 0; padding: 0; font-size: 0.85rem; color: var(--soft); }
.swatch { display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 3px; margin-right: 0.35rem; background: var(--soft); }
.swatch.accent { background: var(--accent); } .swatch.good { background: var(--good); } .swatch.bad { background: var(--bad); } .swatch.wait { background: var(--wait); }
.numbers { margin: 0.3rem 0 0; border-radius: 8px; }
.numbers > summary { padding: 0.35rem 0.7rem; font-size: 0.88rem; font-weight: 500; }
.numbers .scroll { overflow: auto; max-height: 22rem; position: relative; }
.table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
.table th, .table td { text-align: left; padding: 0.35rem 0.7rem; border-top: 1px solid var(--line); font-weight: 500; white-space: nowrap; }
.table tbody th { white-space: normal; min-width: 7rem; max-width: 16rem; }
.table thead th { color: var(--soft); border-top: 0; }
.table td { font-variant-numeric: tabular-nums; }
.tiles { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9.5rem), 1fr)); margin: 1rem 0; }
@media (min-width: 60rem) { .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.tiles dt { color: var(--soft); font-size: 0.9rem; }
.tiles dd { margin: 0; }
.figure { font-size: 1.5rem; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.graph-box { overflow: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); padding: 0.5rem; }
.graph { display: block; font-size: 13px; }
.graph .box { fill: var(--sunk); stroke: var(--line); stroke-width: 1.5; }
.graph a { text-decoration: none; }
.graph a:hover .box { stroke: var(--accent); }
.graph a:focus-visible { outline: none; }
.graph a:focus-visible .box { stroke: var(--accent); stroke-width: 4; }
.graph .lost .box { stroke: var(--wait); stroke-dasharray: 6 4; }
.graph .occupied .box { fill: var(--busy-bg); stroke: var(--busy); }
.graph .name { fill: var(--text); font-weight: 650; }
.graph .fact { fill: var(--soft); font-size: 12px; }
.graph .edge { fill: none; stroke: var(--soft); stroke-width: 1.5; }
.graph .edge.success { stroke: var(--good); } .graph .edge.failure { stroke: var(--bad); stroke-dasharray: 6 3; } .graph .edge.cancelled { stroke: var(--wait); stroke-dasharray: 2 3; }
.graph .tip { fill: var(--soft); } .graph .tip.success { fill: var(--good); } .graph .tip.failure { fill: var(--bad); } .graph .tip.cancelled { fill: var(--wait); }
.graph .word { fill: var(--text); font-size: 11px; paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
.actions { display: flex; flex-wrap: wrap; gap: 0.6rem 1.1rem; align-items: center; margin: 0.9rem 0; }
.bare { list-style: none; margin: 0; padding: 0; }
.faults { margin: 0.3rem 0 0; padding-left: 1.2rem; }
.excerpt { display: block; white-space: pre-wrap; }
.editor { white-space: pre; overflow: auto; line-height: 1.45; tab-size: 2; }
.graph .gate { fill: var(--wait-bg); stroke: var(--wait); stroke-width: 1.5; } .graph .gate-word { fill: var(--wait); font-size: 11px; font-weight: 650; }
/* Tasks, asks and the worklist. */
.h3 { font-size: 1rem; margin: 0 0 0.3rem; }
.fold { padding: 0.2rem 1rem 1rem; }
.check { display: flex; gap: 0.6rem; align-items: center; min-height: 2.75rem; font-weight: 600; }
.check input { width: 1.35rem; height: 1.35rem; flex: none; margin: 0; accent-color: var(--accent); }
.written { margin: 0; }
.written dt { font-weight: 600; margin-top: 0.5rem; }
.written dt::first-letter { text-transform: uppercase; }
.written dd { margin: 0; }
.text.mono { font-family: var(--mono); font-size: 0.86rem; }
#audit { margin-top: 0.9rem; }
.activity { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.55rem; }
.activity > li { min-width: 0; }
.activity p { margin: 0; }
.activity details { margin: 0; }
.activity pre, .inset pre { max-height: 24rem; overflow: auto; }
main > details:not(details + details), main > form.stack { margin-top: 1.2rem; }
.card .actions { margin-bottom: 0; }
.prose { margin: 1.2rem 0; }
.prose > :first-child { margin-top: 0; }
.prose h3 { margin: 1.2rem 0 0.4rem; }
.files li > .meta { flex: 0 1 auto; }
.due { font-variant-numeric: tabular-nums; white-space: nowrap; }
`.trimStart();

/** The mark in the browser's tab: a line with three stations. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect y="9" width="32" height="14" rx="4" fill="#1d4fd8"/><g fill="#fff"><circle cx="7" cy="16" r="3"/><circle cx="16" cy="16" r="3"/><circle cx="25" cy="16" r="3"/></g></svg>';
