/**
 * What holds for every page, in real Chromium: no serious fault that axe-core finds, in light and dark; nothing that the
 * content policy or a script complains about; no sideways scrolling on a phone; little script; nothing that moves while
 * the page comes up, or at all for who wants no motion. Each page's own test opens its page with {@link openPage} and ends with {@link checkPage}.
 */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };
export const WAIT_MS = 10_000;
/** Of any page but the terminal. */
const SCRIPT_MAX_BYTES = 100_000;
/** Where to leave screenshots for a person to look at; nothing is kept when unset. */
const SHOTS = Deno.env.get("SHOPFLOOR_SCREENSHOTS");

export interface OpenPage {
  readonly page: Page;
  /** What scripts, the content policy or the network complained about: must stay empty. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A page in a browser context of its own: nobody is signed in. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: DESK, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, complaints, close: () => context.close() };
}

/** Leaves a picture where `SHOPFLOOR_SCREENSHOTS` says: of the whole page, or of what the window shows. */
export async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage });
}

export interface PageCheck {
  /** The page has the terminal, whose script is larger. */
  readonly hasTerminal?: boolean;
  /** Beginning of the names of the pictures. */
  readonly name?: string;
}

/** Looks at the page as it stands, wide and on a phone, light and dark. Leaves it wide and light. */
export async function checkPage({ page, complaints }: OpenPage, check: PageCheck = {}): Promise<void> {
  const where = new URL(page.url()).pathname;
  assert.deepEqual(await shiftsOf(page), [], `${where}: nothing moves while the page comes up`);
  const bytes = await scriptBytesOf(page);
  if (check.hasTerminal !== true) assert.ok(bytes < SCRIPT_MAX_BYTES, `${where}: ${bytes} bytes of script`);
  for (const [size, viewport] of [["wide", DESK], ["phone", PHONE]] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const at = `${where}, ${size}, ${colorScheme}`;
      assert.deepEqual(await seriousFaultsOf(page), [], at);
      const width = Number(await page.evaluate("document.scrollingElement.scrollWidth"));
      assert.ok(width <= viewport.width, `${at}: the page is ${width} pixels wide`);
      if (check.name !== undefined) await shoot(page, `${check.name}_${size}_${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const moving = await page.evaluate(
    "document.getAnimations().filter((one) => one.playState === 'running').map((one) => one.effect.target.outerHTML)",
  );
  assert.deepEqual(moving, [], `${where}: nothing moves for who wants no motion`);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.setViewportSize(DESK);
  assert.deepEqual(complaints, [], where);
}

/** Serious and critical violations: rule, and the elements. */
export async function seriousFaultsOf(page: Page): Promise<readonly string[]> {
  if (await page.evaluate("typeof globalThis.axe") === "undefined") await page.evaluate(axe.source);
  const found = await page.evaluate("globalThis.axe.run(document, { resultTypes: ['violations'] })") as {
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string | null;
      readonly help: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
    }[];
  };
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `  ${node.html}\n  ${node.failureSummary ?? ""}`).join("\n")}`
    );
}

/** Movements of what was already there, which nobody caused: where, and how far. */
async function shiftsOf(page: Page): Promise<readonly string[]> {
  return await page.evaluate(`new Promise((resolve) => {
    const found = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput && entry.value > 0) {
          found.push(entry.value + " " + entry.sources.map((s) => s.node?.nodeName + "." + s.node?.className).join());
        }
      }
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(found), 100);
  })`);
}

/** Bytes of script that the page loaded, before compression. */
async function scriptBytesOf(page: Page): Promise<number> {
  const bytes = await page.evaluate(`performance.getEntriesByType("resource")
    .filter((entry) => entry.initiatorType === "script").reduce((sum, entry) => sum + entry.decodedBodySize, 0)`);
  return Number(bytes);
}
