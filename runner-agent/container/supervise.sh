#!/bin/sh
# Keeps one command of the process driver, so that it outlives the runner: leader of its own session, output in
# files, exit status in a file.
#
#   supervise.sh DIR COMMAND [ARG ...]
#
# DIR/started is our line of /proc/PID/stat (pid and start time: a pid alone may be somebody else's later). It is
# made by a hard link, which only one process can do: a command never starts twice (R1).
# DIR/exit appears, whole, when the command has ended. Then everything that it left behind is killed.

dir=$1
shift
cat "/proc/$$/stat" >"$dir/started.$$" || exit 125
ln "$dir/started.$$" "$dir/started" 2>/dev/null || exit 0
trap : TERM INT HUP

"$@" </dev/null >"$dir/stdout" 2>"$dir/stderr" &
child=$!
echo "$child" >"$dir/child.tmp" && mv "$dir/child.tmp" "$dir/child"
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
echo "$status" >"$dir/exit.tmp" && mv "$dir/exit.tmp" "$dir/exit"
kill -KILL 0
