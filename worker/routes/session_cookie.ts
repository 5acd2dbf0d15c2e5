/** How the session's cookie is set, whichever way somebody signed in. */
import { SESSION_LIFE_MS } from "../limits.ts";

/** For scripts of no page, for requests of no other site, and over https alone where there is https. */
export function sessionCookie(baseUrl: string) {
  return {
    httpOnly: true,
    sameSite: "Strict",
    secure: baseUrl.startsWith("https:"),
    path: "/",
    maxAge: SESSION_LIFE_MS / 1_000,
  } as const;
}
