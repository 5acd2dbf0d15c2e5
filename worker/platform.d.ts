/**
 * Globals of workerd that Deno's checker takes for its own and hides when they come from an npm package: named
 * again here, as far as we use them.
 */
declare const console: { warn(line: string): void; error(line: string): void; info(line: string): void };
declare const crypto: Crypto;
