/** Where the page of an ask is. Pure. */

/** The page of an ask for people who are signed in. */
export function askPath(owner: string, project: string, askId: string): string {
  return `/p/${encodeURIComponent(owner)}/${encodeURIComponent(project)}/asks/${encodeURIComponent(askId)}`;
}
