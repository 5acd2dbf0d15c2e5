/** Where people are sent after signing in: a path of this server, never another one. Pure. */

/** `next` when it is a path of ours, else `/`. No header takes control characters, and browsers read `//host` and `/\host` as another server's address. */
export function ownPath(next: string): string {
  return /^\/(?![/\\])[^\s\\\p{Cc}]*$/u.test(next) ? next : "/";
}
