/** The agent's own git configuration: who commits, and how the task's repository is opened (Line 9). */

/**
 * Text of `~/.gitconfig`. The credential helper gives the repository's token, which it takes from the environment, to
 * loopback only; so `git clone "$ASSEMBLY_LINE_REPO_URL"` works as it stands and no file holds the token.
 *
 * @param stationName For people: shown as the author of commits.
 */
export function agentGitConfig(stationName: string): string {
  // deno-lint-ignore no-control-regex
  const name = stationName.replaceAll(/[\x00-\x1f\x7f<>"\\]/g, " ").trim();
  const helper =
    '!f() { test "$1" = get && grep -q "^host=127\\.0\\.0\\.1:" && test -n "$ASSEMBLY_LINE_REPO_TOKEN" && ' +
    'printf "username=git\\npassword=%s\\n" "$ASSEMBLY_LINE_REPO_TOKEN"; :; }; f';
  return [
    "[user]",
    `\tname = "${name === "" ? "Shopfloor" : name}"`,
    "\temail = agent@shopfloor.invalid",
    "[credential]",
    `\thelper = ${quoted(helper)}`,
    "[init]",
    "\tdefaultBranch = main",
    "",
  ].join("\n");
}

/** A value of git's configuration format, where `\` and `"` are escaped. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
