/** What people, groups, roles, schedules and policies may be called. */
import { z } from "zod";

/** A letter or digit, then letters, digits, `.`, `_`, `-`, `@` or `+`: what code hosts and mail addresses allow. */
export const documentName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/, {
  error: "expected 1 to 100 letters, digits, '.', '_', '-', '@' or '+', starting with a letter or digit",
});

/** ISO-8601 or Unix milliseconds; inside, milliseconds. */
export const instant = z.union([
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  z.number().int().min(0).max(8.64e15),
], { error: "expected an ISO-8601 time or Unix milliseconds" });
