/** Ways to other agents: their homes, worktrees, sockets and processes (S2, H2). */
import type { Attempt } from "../attempt.ts";

export const neighbours: readonly Attempt[] = [
  {
    name: "the hub of another run, by the path of its socket",
    invariant: "S2",
    bound: "only the run's own socket directory is mounted",
    script:
      `for path in "$VICTIM_HUB/hub.sock" "/run/alp/../$VICTIM_RUN/hub.sock" "/proc/1/root$VICTIM_HUB/hub.sock" "$BAIT_SOCKET"; do timeout 3 socat - UNIX-CONNECT:"$path" </dev/null && echo ESCAPED; done; ls /run/alp/..; echo tried`,
    seen: /(No such file[\s\S]*){3}tried/,
  },
  {
    name: "a hub of its own in the hub's place",
    invariant: "run_dirs",
    bound: "run_dirs 1: the socket's directory is read-only inside",
    script:
      `mv /run/alp/hub.sock /run/alp/old; ln -sf /tmp/x /run/alp/hub.sock; timeout 1 socat UNIX-LISTEN:/run/alp/hub.sock,unlink-early - </dev/null; rm -rf /run/alp/bin; : >/run/alp/evil; chmod 777 /run/alp; mkdir /run/alp/session; test -S /run/alp/hub.sock && echo still there`,
    seen: /(Read-only file system[\s\S]*){5}still there\n$/,
  },
  {
    name: "programs of the operator changed under it",
    invariant: "H2",
    bound: "read-only mounts",
    script:
      `for f in /run/alp/bin/*; do ( echo evil >>$f ) 2>/dev/null && echo ESCAPED; ( cat $f | head -n1 ) ; done; cp /bin/true /run/alp/bin/complete_station; mkdir /run/alp/plugins/x; echo tried`,
    seen: /#!\/bin\/sh[\s\S]*(Read-only file system[\s\S]*){2}tried/,
  },
  {
    name: "homes, worktrees and output of other runs, wherever they might be",
    invariant: "H2",
    bound: "only the run's own directories are mounted",
    script:
      `cat "$VICTIM_HOME/secret" "$VICTIM_TREE/secret" "$STATE_DIR/journal.db" "$STATE_DIR/../registrations.json" /home/*/secret /run/shopfloor/secret /workspace/secret /workspace/../../*/workspace/secret /tmp/secret 2>&1 | sort | uniq -c | sort -rn | head -n3; ls /home /shopfloor; find / -xdev -name "$VICTIM_RUN*" 2>/dev/null | grep . && echo ESCAPED; echo tried`,
    seen: /agent\n[\s\S]*git\nobjects\n[\s\S]*tried/,
  },
  {
    name: "processes and environments of other runs",
    invariant: "H1",
    bound: "a process namespace of its own",
    script:
      `grep -alE 'NEIGHBOUR=' /proc/[0-9]*/environ 2>/dev/null && echo ESCAPED; killall -KILL 600 2>/dev/null && echo ESCAPED; ps | grep -c 'ABSTRACT-LISTEN:neighb[o]ur'`,
    seen: /^0\n$/,
  },
  {
    name: "shared memory and message queues of other runs",
    invariant: "H5",
    bound: "an IPC namespace of its own",
    script:
      `ls -A /dev/shm /dev/mqueue; sys shmget 29 4711 4096 0; sys msgget 68 4711 0; cat /proc/sysvipc/shm | wc -l; echo tried`,
    seen: /shmget = -1 (ENOENT|ENOSYS|EPERM)\nmsgget = -1 (ENOENT|ENOSYS|EPERM)\n1\ntried/,
  },
  {
    name: "the terminal of whoever started the runner",
    invariant: "H5",
    bound: "no terminal; a session of its own",
    script:
      `( echo hi >/dev/tty ) && echo ESCAPED; ls /dev/pts; ( echo hi >/dev/console ) && echo ESCAPED; sys tiocsti 16 0 21522 x; sys vhangup 153; readlink /proc/1/fd/0 /proc/1/fd/1; echo tried`,
    seen: /tried/,
  },
  {
    name: "words for the host's terminal hidden in the output",
    invariant: "S2",
    bound: "the runner prints no control characters",
    script: String
      .raw`printf 'before \033]0;owned\007 \033[2J \033]52;c;ZXZpbA==\007 \033P+q\033\\ \x9b31m \x08\x08 after-escapes\n' >&8; echo tried`,
    seen: /tried/,
  },
];
