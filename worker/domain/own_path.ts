/** Where people are sent after signing in: a path of this server, never another one. Pure. */

/** `next` when it is a path of ours, else `/`. Browsers read `//host` and `/\host` as another server's address. */
export function ownPath(next: string): string {
  return /^\/(?![/\\])[^\s\\]*$/.test(next) ? next : "/";
}
