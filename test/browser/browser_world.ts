/** A control plane, a browser beside it, and what people do first there. */
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { type Factory, startFactory } from "./factory.ts";
import { PHONE } from "./page_checks.ts";

export interface BrowserWorld {
  readonly factory: Factory;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Starts both; the project has its line. */
export async function openBrowserWorld(): Promise<BrowserWorld> {
  const executablePath = await ensureChromium();
  const factory = await startFactory();
  const browser = await chromium.launch({ executablePath });
  await factory.putLine();
  return {
    factory,
    browser,
    close: async () => {
      await browser.close();
      await factory.close();
    },
  };
}

/** Follows a fresh link of the admin's to the board. */
export async function signIn(page: Page, factory: Factory): Promise<void> {
  const { url } = await factory.call<{ url: string }>("POST", "/session/links", undefined, { status: 201 });
  await page.goto(url);
  await page.waitForURL(`${factory.url}/`);
}

/** The page is not wider than a phone. */
export async function assertNoSidewaysScroll(page: Page): Promise<void> {
  const width = Number(await page.evaluate("document.scrollingElement.scrollWidth"));
  assert.ok(width <= PHONE.width, `${page.url()} is ${width} pixels wide`);
}
