/** Links, pipes and devices where the runner reads while the agent works (run_dirs 3, harvest 5). */
import { all, type Attempt } from "../attempt.ts";

const UNDO =
  `cd /workspace; find . -mindepth 1 -maxdepth 1 ! -name .git ! -name kept.txt ! -name README.md ! -name initial-prompt.txt -exec rm -rf {} +; git reset -q --hard; rm -f "$HOME"/x* /run/shopfloor/hooks.missed`;

export const links: readonly Attempt[] = all({ undo: UNDO }, [
  {
    name: "a link out of the worktree, committed and harvested",
    invariant: "harvest",
    bound: "git stores a link as its text",
    script:
      `ln -s "$BAIT_FILE" secret; ln -s "$BAIT_DIR" dir; ln -s / root; git add -A; git commit -qm links; cat secret dir/secret "root$BAIT_FILE"; git show HEAD:secret | grep -c shopfloor-bait`,
    seen: /(No such file[\s\S]*){3}1\n$/,
    harvest: "works",
  },
  {
    name: "a directory replaced by a link to the host's, to learn its names",
    invariant: "harvest",
    bound: "harvest 5: nothing is told of what a link leads to",
    script:
      `mkdir d; echo x >d/secret; git add d; git commit -qm d; rm -rf d; ln -s "$BAIT_DIR" d; ln -s "$BAIT_DIR" new; echo set`,
    seen: /set/,
    harvest: "works",
    harvestSays: /^(?!.*(marks|conclusion|bait\.sock)).*$/,
  },
  {
    name: "a tracked file that is a link to a file of the host",
    invariant: "harvest",
    bound: "harvest 3: links are compared as links",
    script: `rm README.md; ln -s "$BAIT_FILE" README.md; echo set`,
    seen: /set/,
    harvest: "works",
    harvestSays: /README\.md/,
  },
  {
    name: "a tracked file that is a pipe, and another that is endless",
    invariant: "harvest",
    bound: "git opens plain files only",
    script: `rm README.md kept.txt; mkfifo README.md; ln -s /dev/zero kept.txt; mkfifo new; echo set`,
    seen: /set/,
    harvest: "works",
    harvestSays: /README\.md/,
  },
  {
    name: "names of files that are commands, options and escapes",
    invariant: "harvest",
    bound: "names travel between NULs, after --",
    script: String
      .raw`touch -- '--upload-pack=touch x' '$(touch x)' ';touch x' "$(printf 'a\nb')" "$(printf '\033]0;x\007')" '-rf' '..name' 'a"b'; echo set`,
    seen: /set/,
    harvest: "works",
  },
  {
    name: "a path far deeper than the host's longest",
    invariant: "harvest",
    bound: "what cannot be read is not followed",
    script:
      `d=$(head -c 200 /dev/zero | tr '\\0' d); ( for n in $(seq 60); do mkdir $d && cd $d || exit; done; echo x >f ); echo set`,
    seen: /set/,
    harvest: "either",
    undo:
      `cd /workspace; d=$(head -c 200 /dev/zero | tr '\\0' d); ( cd /workspace; while [ -d $d ]; do mv $d/$d ./next 2>/dev/null; rm -rf $d; [ -d next ] && mv next $d; done )`,
  },
  {
    name: "a hundred thousand names at once for the host to read",
    invariant: "harvest",
    bound: "UNCOMMITTED_PATHS_MAX",
    script:
      `mkdir many; ( cd many; for n in $(seq 100); do mkdir $n; done; seq 3000 | xargs touch ); for n in $(seq 300); do : >u$n; done; echo set`,
    seen: /set/,
    harvest: "works",
  },
  {
    name: "hooks and notes of a session that are links and pipes",
    invariant: "run_dirs",
    bound: "run_dirs 3: opened without following links",
    script:
      `ln -s "$BAIT_FILE" /run/shopfloor/hooks.missed; ln -sfn "$BAIT_DIR" "$HOME/x1"; mkfifo "$HOME/x2"; ln -sfn "$BAIT_FILE" /run/shopfloor/exit; mkfifo /run/shopfloor/agent.pid; ls /run/shopfloor/../shopfloor_x; rm -f /run/shopfloor/exit /run/shopfloor/agent.pid; echo set`,
    seen: /set/,
  },
  {
    name: "a worktree that cannot be entered",
    invariant: "harvest",
    bound: "what cannot be read is said, and nothing else is lost",
    script: `mkdir closed; echo x >closed/f; chmod 000 closed README.md; echo set`,
    seen: /set/,
    harvest: "either",
    undo: `chmod 755 /workspace/closed; chmod 644 /workspace/README.md; ${UNDO}`,
  },
]);
