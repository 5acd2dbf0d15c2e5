/**
 * Ways by git: what the agent writes into its repository, and the host reads (Runtime 2.3.4). Each trap is a program that leaves a
 * mark on the host if anything there ever runs it: the runner's harvest, and a person's `git status` in the worktree and the origin.
 */
import { all, type Attempt } from "../attempt.ts";

const TRAP = String.raw`
cd /workspace
printf '#!/bin/sh\ntouch "%s/$(basename "$0")" "%s/ran" 2>/dev/null\ncat\n' "$MARKS" "$MARKS" >trap.sh; chmod 755 trap.sh
trap_at="$OWN_TREE/trap.sh"
`;
const UNDO = `cd /tmp; rm -rf /shopfloor/git/* /shopfloor/git/.[a-z]*; cp -a /tmp/git_before/. /shopfloor/git/
cd /workspace; find . -mindepth 1 -maxdepth 1 ! -name .git ! -name kept.txt ! -name README.md ! -name initial-prompt.txt -exec rm -rf {} +; git reset -q --hard`;

const config = (name: string, lines: string, harvest: Attempt["harvest"] = "works"): Attempt => ({
  name,
  invariant: "harvest",
  bound: "harvest 1: the agent's configuration is never read",
  script:
    `${TRAP}cat >>/shopfloor/git/config <<END\n${lines}\nEND\ncp /shopfloor/git/config /workspace/.gitconfig; git config --list | tail -n3; echo set`,
  seen: /set\n$/,
  harvest,
});

export const git: readonly Attempt[] = all({ undo: UNDO }, [
  {
    name: "hooks in the repository",
    invariant: "harvest",
    bound: "harvest 1: hooks are never read",
    script:
      `${TRAP}mkdir -p /shopfloor/git/hooks; for hook in pre-commit post-checkout post-index-change reference-transaction pre-receive update post-update pre-auto-gc fsmonitor-watchman; do cp trap.sh /shopfloor/git/hooks/$hook; done; git -c core.hooksPath=/dev/null commit -q --allow-empty -m x; ls /shopfloor/git/hooks | wc -l`,
    seen: /^9\n$/,
    harvest: "works",
  },
  config("core.hooksPath", "[core]\n\thooksPath = $OWN_TREE/hooks"),
  config("core.fsmonitor", "[core]\n\tfsmonitor = $trap_at"),
  config(
    "core.sshCommand, proxies and a pager",
    "[core]\n\tsshCommand = $trap_at\n\tgitProxy = $trap_at\n\tpager = $trap_at\n\teditor = $trap_at\n\taskPass = $trap_at",
  ),
  config(
    "uploadpack.packObjectsHook and core.alternateRefsCommand",
    "[uploadpack]\n\tpackObjectsHook = $trap_at\n[core]\n\talternateRefsCommand = $trap_at",
  ),
  config(
    "a configuration that includes another, also of the host",
    '[include]\n\tpath = $BAIT_FILE\n\tpath = $OWN_TREE/more\n[includeIf "gitdir:/"]\n\tpath = $OWN_TREE/more',
  ),
  config(
    "a work tree and an object format elsewhere",
    "[core]\n\tworktree = $BAIT_DIR\n\tbare = true\n[extensions]\n\tworktreeConfig = true\n\tpartialClone = origin",
    "works",
  ),
  config(
    "a credential helper, a signing program, an external diff and an alias",
    "[credential]\n\thelper = !$trap_at\n[gpg]\n\tprogram = $trap_at\n[commit]\n\tgpgSign = true\n[diff]\n\texternal = $trap_at\n[alias]\n\tstatus = !$trap_at",
  ),
  {
    name: "filters and diffs by attributes",
    invariant: "harvest",
    bound: "harvest 3: no filter is known",
    script:
      `${TRAP}printf '* filter=trap diff=trap merge=trap\\n' >.gitattributes; printf '[filter "trap"]\\n\\tclean = %s\\n\\tsmudge = %s\\n\\tprocess = %s\\n\\trequired = true\\n[diff "trap"]\\n\\ttextconv = %s\\n' $trap_at $trap_at $trap_at $trap_at >>/shopfloor/git/config; echo changed >README.md; echo set`,
    seen: /set\n$/,
    harvest: "works",
    harvestSays: /README\.md/,
  },
  {
    name: "a nested repository with a monitor and hooks of its own",
    invariant: "harvest",
    bound: "harvest 3: no step into a submodule",
    script:
      `${TRAP}git init -q sub; cp trap.sh sub/.git/hooks/post-checkout; printf '[core]\\n\\tfsmonitor = %s\\n' $trap_at >>sub/.git/config; git -C sub commit -q --allow-empty -m x; git -c core.fsmonitor= update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; git commit -qm sub; echo set`,
    seen: /set\n$/,
    harvest: "works",
  },
  {
    name: "a submodule whose address is a file of the host",
    invariant: "harvest",
    bound: "harvest 2: fsck of each object",
    script:
      `printf '[submodule "s"]\\n\\tpath = s\\n\\turl = %s\\n\\tupdate = !touch %s/sub\\n' "$ORIGIN" "$MARKS" >.gitmodules; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),s; git add .gitmodules; git commit -qm s; git submodule update --init 2>&1 | tail -n1; echo set`,
    seen: /set\n$/,
    harvest: "refused",
    harvestSays: /disallowed submodule/,
  },
  {
    name: "alternates that name a repository of the host",
    invariant: "private_git_dir",
    bound: "alternates must be what the runner wrote",
    script:
      `printf '../../objects\\n%s/objects\\n' "$ORIGIN" >/shopfloor/git/objects/info/alternates; echo set`,
    seen: /set/,
    harvest: "refused",
    harvestSays: /alternates was changed/,
  },
  {
    name: "objects that are a link to a repository of the host",
    invariant: "private_git_dir",
    bound: "agent_refs: only plain files and directories",
    script:
      `ln -s "$ORIGIN/objects/pack" /shopfloor/git/objects/ff; rm -rf /shopfloor/git/objects/pack; ln -s "$ORIGIN/objects/pack" /shopfloor/git/objects/pack; echo set`,
    seen: /set/,
    harvest: "refused",
    harvestSays: /no plain file/,
  },
  {
    name: "HEAD as a link to a file of the host",
    invariant: "private_git_dir",
    bound: "agent_refs: only plain files",
    script: `rm -f /shopfloor/git/HEAD; ln -s "$BAIT_FILE" /shopfloor/git/HEAD; echo set`,
    seen: /set/,
    harvest: "refused",
    harvestSays: /HEAD is no plain file/,
  },
  {
    name: "HEAD and a branch as pipes that never end",
    invariant: "private_git_dir",
    bound: "agent_refs: only plain files",
    script:
      `rm -f /shopfloor/git/HEAD; mkfifo /shopfloor/git/HEAD; b=$(ls /shopfloor/git/refs/heads | head -n1); rm -f /shopfloor/git/refs/heads/$b; mkfifo /shopfloor/git/refs/heads/$b; echo set`,
    seen: /set/,
    harvest: "refused",
  },
  {
    name: "refs that leave the repository",
    invariant: "private_git_dir",
    bound: "agent_refs: only names of branches",
    script: `printf 'ref: ../../../../../../..%s\\n' "$BAIT_FILE" >/shopfloor/git/HEAD; echo set`,
    seen: /set/,
    harvest: "either",
  },
  {
    name: "another git directory by the worktree's pointer",
    invariant: "private_git_dir",
    bound: "the pointer is a read-only mount, and the host does not read it",
    script:
      `rm -f /workspace/.git; mv /workspace/.git /workspace/g; echo "gitdir: $ORIGIN" >/workspace/.git; ln -sfn "$ORIGIN" /workspace/.git; cat /workspace/.git`,
    seen: /(Read-only file system|busy)[\s\S]*gitdir: \/shopfloor\/git\n/,
    harvest: "works",
  },
  {
    name: "a commondir and a configuration of the worktree",
    invariant: "private_git_dir",
    bound: "harvest 1: the host has a directory of its own",
    script:
      `${TRAP}echo "$ORIGIN" >/shopfloor/git/commondir; echo "$BAIT_FILE" >/shopfloor/git/gitdir; printf '[core]\\n\\tfsmonitor = %s\\n' $trap_at >/shopfloor/git/config.worktree; echo set`,
    seen: /set/,
    harvest: "works",
  },
  {
    name: "refs of the neighbour's run and of the project",
    invariant: "private_git_dir",
    bound: "the cache's refs are not mounted; a push goes by the gateway",
    script:
      `git for-each-ref; ls /shopfloor/objects/..; git update-ref refs/shopfloor/runs/$VICTIM_RUN HEAD; git push -q origin HEAD:refs/shopfloor/runs/$VICTIM_RUN 2>&1 | tail -n2; git push -q --force origin HEAD:main 2>&1 | tail -n2; git push -q origin HEAD:refs/heads/task-$VICTIM_TASK 2>&1 | tail -n2; git ls-remote origin 2>&1 | grep -c "$VICTIM_RUN"`,
    seen: /\n0\n$/,
    harvest: "works",
  },
  {
    name: "prune, gc and the deletion of every ref",
    invariant: "private_git_dir",
    bound: "only its own git directory; the cache's objects are read-only",
    script:
      `git worktree prune; git reflog expire --expire=now --all; git gc -q --prune=now 2>&1 | tail -n1; find /shopfloor/objects -type f -exec rm -f {} + 2>&1 | head -n1; find /shopfloor/objects -type f | wc -l; git update-ref -d refs/heads/$(git symbolic-ref --short HEAD)`,
    seen: /Read-only file system\n[1-9]\d*\n/,
    harvest: "refused",
  },
  {
    name: "replaced and grafted history",
    invariant: "harvest",
    bound: "harvest 1: replace refs and grafts are never read",
    script:
      `git replace -f HEAD HEAD^ 2>/dev/null || git replace --graft HEAD; git rev-parse HEAD >/shopfloor/git/info/grafts; git rev-parse HEAD >/shopfloor/git/shallow; git log --oneline | wc -l`,
    seen: /^\d+\n$/m,
    harvest: "works",
    harvestSays: /"commitCount":1/,
  },
  {
    name: "an object whose name lies about its content",
    invariant: "harvest",
    bound: "harvest 2: each object is computed again",
    script:
      `echo one >one; git add one; git commit -qm one; a=$(git rev-parse HEAD:one); b=$(git rev-parse HEAD:kept.txt); f=/shopfloor/git/objects/\${a%\${a#??}}/\${a#??}; chmod 600 $f; cat /shopfloor/git/objects/\${b%\${b#??}}/\${b#??} >$f; echo set`,
    seen: /set/,
    harvest: "refused",
  },
  {
    name: "a tree that would write into .git of whoever checks it out",
    invariant: "harvest",
    bound: "harvest 2: fsck of each object",
    script:
      `sub=$(git rev-parse HEAD^{tree}); tree=$( { printf '40000 .git\\0'; echo $sub | xxd -r -p; } | git hash-object -t tree -w --literally --stdin); git update-ref HEAD $(git commit-tree -p HEAD -m bad $tree); echo set`,
    seen: /set/,
    harvest: "refused",
    harvestSays: /\.git/,
  },
  {
    name: "a commit with a .gitmodules that is a link, and a path with dots",
    invariant: "harvest",
    bound: "harvest 2: fsck of each object",
    script:
      `blob=$(printf ../x | git hash-object -w --stdin); tree=$( { printf '120000 .gitmodules\\0'; echo $blob | xxd -r -p; } | git hash-object -t tree -w --literally --stdin); tree=$( { printf '40000 ..\\0'; echo $tree | xxd -r -p; } | git hash-object -t tree -w --literally --stdin); git update-ref HEAD $(git commit-tree -p HEAD -m bad $tree); echo set`,
    seen: /set/,
    harvest: "refused",
  },
  {
    name: "commit-graphs, indexes of packs and bitmaps of its own making",
    invariant: "harvest",
    bound: "harvest 1: none of them is used",
    script:
      `mkdir -p /shopfloor/git/objects/info /shopfloor/git/objects/pack; head -c 4096 /dev/urandom >/shopfloor/git/objects/info/commit-graph; head -c 4096 /dev/urandom >/shopfloor/git/objects/pack/multi-pack-index; echo set`,
    seen: /set/,
    harvest: "either",
  },
  {
    name: "a push with a hook, an option and a huge name",
    invariant: "hub",
    bound: "the gateway's own hook and bounds",
    script:
      `git push -q origin "HEAD:refs/heads/$(head -c 4000 /dev/zero | tr '\\0' a)" 2>&1 | tail -n1; git push -q --receive-pack="touch $MARKS/x" origin HEAD:refs/heads/x 2>&1 | tail -n1; git push -q origin 'HEAD:refs/heads/../../x' 2>&1 | tail -n1; git -c protocol.ext.allow=always ls-remote "ext::sh -c true" >/dev/null 2>&1; git ls-remote "file://$ORIGIN" 2>&1 | tail -n1; echo tried`,
    seen: /(fatal|error)[\s\S]*tried/,
  },
]);
