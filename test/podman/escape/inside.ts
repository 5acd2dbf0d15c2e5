/** The programs that the two sandboxes of the suite run. */

/** Leaves what nobody else may see in its home, its worktree and its output directory, and waits. */
export const VICTIM = `
  echo '{secret}' >"$HOME/secret"; echo '{secret}' >/workspace/secret; echo '{secret}' >/run/shopfloor/secret
  echo '{secret}' >/tmp/secret; export NEIGHBOUR='{secret}'
  socat ABSTRACT-LISTEN:neighbour,fork SYSTEM:'cat /tmp/secret' & socat TCP-LISTEN:7999,bind=127.0.0.1,fork SYSTEM:'cat /tmp/secret' &
  sleep 0.3; echo ready; sleep 600`;

/** Takes attempts one after the other from its output directory, until it is told to stop. */
export const ATTACKER = `
  inbox=/run/shopfloor/attempts
  mkdir -p "$inbox"; chmod 0777 "$inbox"; cp -a /shopfloor/git /tmp/git_before
  echo kept >/workspace/kept.txt; git add kept.txt; git commit -qm kept; rm -rf /tmp/git_before; cp -a /shopfloor/git /tmp/git_before
  exec 8>&1
  echo ready
  n=0
  while :; do
    until [ -e "$inbox/$n.sh" ]; do
      if [ -e "$inbox/stop" ]; then complete_station success "tried it all"; exit 0; fi
      sleep 0.01
    done
    code=0
    ( cd /workspace; exec timeout -s KILL 20 bash "$inbox/$n.sh" ) </dev/null >"$inbox/$n.out" 2>&1 || code=$?
    echo "$code" >"$inbox/$n.new"; mv "$inbox/$n.new" "$inbox/$n.status"
    n=$((n + 1))
  done`;

/** What each attempt may use. */
export const PRELUDE = String.raw`
http() { # a request with escapes -> the answer
  printf '%b' "$1" | timeout 5 socat -t4 -,ignoreeof TCP:127.0.0.1:7400 2>&1 | head -c 6000 | tr -d '\r'
}
status() { # a request -> its status line and the code of its error
  http "$1" | sed -n -e '1p' -e 's/.*"code":"\([a-z_]*\)".*/\1/p' | { cat; echo; } | grep .
}
get() { # METHOD PATH [HEADER...] -> status
  request="$1 $2 HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 0\r\n"; shift 2
  for header in "$@"; do request="$request$header\r\n"; done
  status "$request\r\n"
}
sys() { timeout 10 env DENO_DIR=/tmp/deno deno run -A --no-check /run/shopfloor/attempts/syscall.ts "$@" 2>&1; }
`;

/**
 * System calls as libc makes them: \`syscall.ts NAME NUMBER ARGUMENT...\`; a text is a C string. Prints \`NAME = result (errno)\`.
 */
export const SYSCALL_PROGRAM = String.raw`
const libc = Deno.dlopen("libc.so.6", {
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], result: "i64" },
  __errno_location: { parameters: [], result: "pointer" },
});
const keep = [];
const value = (text) => {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  if (text.startsWith("zero:")) {
    const bytes = new Uint8Array(Number(text.slice(5)));
    keep.push(bytes);
    return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
  }
  const bytes = new TextEncoder().encode(text + "\0");
  keep.push(bytes);
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
};
const NAMES = { 1: "EPERM", 2: "ENOENT", 3: "ESRCH", 9: "EBADF", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 17: "EEXIST", 19: "ENODEV", 22: "EINVAL", 38: "ENOSYS", 95: "EOPNOTSUPP", 97: "EAFNOSUPPORT" };
const [name, ...args] = Deno.args;
const words = args.map(value);
while (words.length < 7) words.push(0n);
const result = libc.symbols.syscall(...words);
const errno = new Deno.UnsafePointerView(libc.symbols.__errno_location()).getInt32();
if (name === "hold") await new Promise((done) => setTimeout(done, 60_000));
console.log(name + " = " + result + (result < 0n ? " " + (NAMES[errno] ?? errno) : ""));
`;
