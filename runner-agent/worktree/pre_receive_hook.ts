/**
 * The text of the gateway's `pre-receive`: it lets one ref through, and only after the real origin has it.
 *
 * 1. Exactly one update, of the allowed ref, no deletion. Anything else is refused with a message that names it.
 * 2. The commit is pushed on before the hook says yes. git keeps the agent's objects in quarantine until then, and
 *    the push reads them there. If the origin says no, so does the hook, and the agent sees why.
 * 3. No message names the origin's URL, as it is none of the agent's business and may lead to a credential.
 * 4. The environment is the one of `git_environment.ts`, written into the script; a secret of the URL is not in it
 *    but in the gateway's `config`.
 *
 * Pure.
 */
import { GIT_STDERR_MAX_BYTES } from "../limits.ts";

export interface PreReceiveHook {
  /** `refs/heads/task-{taskId}`. */
  readonly allowedRef: string;
  readonly originUrl: string;
  /** Must hold no secret. */
  readonly env: Readonly<Record<string, string>>;
}

/** Writes the script, for `/bin/sh`. */
export function preReceiveHook(hook: PreReceiveHook): string {
  const exports = Object.entries(hook.env).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  return `#!/bin/sh
# Written by the runner: passes one branch on to the project's real origin.
allowed=${shellQuote(hook.allowedRef)}
say() { printf 'shopfloor: %s\\n' "$1" >&2; }
count=0
commit=
while read -r _ new ref; do
  count=$((count + 1))
  if [ "$ref" != "$allowed" ]; then
    say "only $allowed may be pushed, not $ref"
    say "try: git push origin HEAD:$allowed"
    exit 1
  fi
  case "$new" in
    *[!0]*) commit=$new ;;
    *) say "$allowed must not be deleted"; exit 1 ;;
  esac
done
if [ "$count" -ne 1 ]; then
  say "push $allowed alone"
  exit 1
fi
# An origin on this machine would inherit the quarantine's mark and refuse to update its own refs.
unset GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_PROTOCOL GIT_QUARANTINE_PATH HOME
${exports.join("\n")}
output=$(git push --quiet --no-verify --no-follow-tags --recurse-submodules=no -- origin "$commit:$allowed" 2>&1)
status=$?
printf '%s\\n' "$output" |
  sed -e ${shellQuote(`s#${sedLiteral(hook.originUrl)}#origin#g`)} -e 's#://[^/@ ]*@#://***@#g' |
  tail -c ${GIT_STDERR_MAX_BYTES} >&2
if [ "$status" -ne 0 ]; then
  say "the project's repository did not take $allowed"
  exit 1
fi
`;
}

/** One word of the shell, whatever is in `text`. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function sedLiteral(text: string): string {
  return text.replace(/[\\.*^$[\]#&/]/g, "\\$&");
}
