#!/bin/sh
# PID 1 of every sandbox (and the parent of the command under the process driver).
#
#   init.sh [PORT=SOCKET ...] -- COMMAND [ARG ...]
#
# 1. One socat per forward: 127.0.0.1:PORT -> unix socket SOCKET. The command starts only when all of them listen. One
#    that dies is started again.
# 2. TERM is passed on to the command, whose exit status is ours. A shell is a sound PID 1 here: it has a handler,
#    so TERM is not ignored, and `wait` reaps orphans.
# 3. 125 is our own failure (no socat, port taken, a service that does not come up or is gone), as with other container
#    tools; 127 is "command not found".
#
# 4. When the command was killed because the sandbox's memory was full, the last line on stderr says so: for people,
#    and for the driver, as conmon misses it on hybrid cgroups.
# 5. SHOPFLOOR_BIN_DIR, when set, is the last directory of the command's PATH.
# 6. A connection that comes while nobody serves the socket, as when the runner starts again, waits for it: 40 tries
#    half a second apart. A runner is back sooner, and no agent's client gives up before. Then it is reset.
# 7. SHOPFLOOR_SERVICES_DIR, when set: the programs beside the command (`run_bin/run_services`). All are ready before the
#    command starts, and end after it. When a required one has given up, the command gets TERM, then KILL, and the last
#    line on stderr says why.
# 8. SHOPFLOOR_GATE, when set: a file that the runner makes once it has tested the sandbox (`sandbox_gate.ts`). Nothing of the
#    agent, no service either, starts before it is there.
#
# 9. TERM may come at any point. One that comes between `&` and the line that keeps `$!` is for that child too: so
#    `before=$! beginning=NAME` precedes each `&`, and `note_begun` is the first of a trap.
#
# Only POSIX sh, and `grep` and `sleep` with fractions (GNU or busybox).

command_pid=""
services_pid=""
socat_pid=""
before=""
beginning=""
services_state=${SHOPFLOOR_SERVICES_STATE:-/run/shopfloor/services}
has_failed_service=""
killer_pid=""
forwarder_pids=""
forwarder=""
until_served="retry=40,interval=0.5"

{ read -r own_words </proc/$$/cmdline; } 2>/dev/null

note_begun() { # invariant 9
  [ -z "$beginning" ] || [ "$!" = "$before" ] || eval "$beginning=\$!"
  beginning=""
}

is_copy() { # PID: just forked, with our words and our handler, which would swallow a TERM
  its_words=""
  { read -r its_words <"/proc/$1/cmdline"; } 2>/dev/null
  [ -n "$its_words" ] && [ "$its_words" = "$own_words" ] || return 1
  {
    while read -r key mask; do
      [ "$key" = SigCgt: ] && [ $((0x${mask#????????????} & 0x4000)) -ne 0 ] && return 0
    done <"/proc/$1/status"
  } 2>/dev/null
  return 1
}

tell_term() { # PID, which becomes another program: nothing is forked here, as the sandbox may be full of processes
  while is_copy "$1"; do :; done
  kill -TERM "$1" 2>/dev/null
}

end_forwarders() {
  # Only matters when we are not PID 1: there the kernel ends them with us. Told again until it is gone: a copy is deaf.
  [ $$ -ne 1 ] || return 0
  for told in $forwarder_pids $forwarder; do
    while kill -TERM "$told" 2>/dev/null; do sleep 0.005; done
  done
}

end_services() {
  [ -n "$services_pid" ] || return 0
  tell_term "$services_pid"
  while kill -0 "$services_pid" 2>/dev/null; do wait "$services_pid"; done
}

pass_term() {
  note_begun
  if [ -z "$command_pid" ]; then
    end_services
    end_forwarders
    exit 143
  fi
  tell_term "$command_pid"
}
trap pass_term TERM

end_for_service() {
  has_failed_service=1
  [ -n "$command_pid" ] && [ -z "$killer_pid" ] || return 0
  tell_term "$command_pid"
  (
    tries=$((${SHOPFLOOR_SERVICE_COMMAND_GRACE_CS:-800} / 10))
    while [ "$tries" -gt 0 ]; do
      kill -0 "$command_pid" || exit 0
      tries=$((tries - 1))
      sleep 0.1
    done
    kill -KILL "$command_pid"
  ) >/dev/null 2>&1 &
  killer_pid=$!
}

fail_for_service() {
  echo "shopfloor init: $(cat "$services_state/failure" 2>/dev/null || echo "the services cannot be run")" >&2
  end_forwarders
  exit 125
}

keep_forward() { # PORT SOCKET
  beginning=""
  trap 'note_begun; [ -z "$socat_pid" ] || kill -KILL "$socat_pid" 2>/dev/null; exit 0' TERM
  read -r begun _ </proc/uptime
  while :; do
    before=$! beginning=socat_pid
    # socat's own words would mix with the command's.
    socat "TCP-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr,backlog=128" "UNIX-CONNECT:$2,$until_served" \
      </dev/null >/dev/null 2>&1 &
    socat_pid=$! beginning=""
    wait "$socat_pid"
    # The first one ended at once: the port is taken, or there is no socat.
    if [ -n "$begun" ]; then
      read -r now _ </proc/uptime
      [ $((${now%.*} - ${begun%.*})) -gt 1 ] || exit 1
      begun=""
    fi
    sleep 0.2
  done
}

await_listener() { # PORT PID
  hex=$(printf '0100007F:%04X 00000000:0000 0A' "$1")
  tries=500
  until grep -q "$hex" /proc/net/tcp; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! kill -0 "$2" 2>/dev/null; then
      echo "shopfloor init: cannot listen on 127.0.0.1:$1" >&2
      end_forwarders
      exit 125
    fi
    sleep 0.005
  done
}

ports=""
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  before=$! beginning=forwarder
  # Nothing of it holds the command's stdout and stderr.
  keep_forward "${1%%=*}" "${1#*=}" >/dev/null 2>&1 &
  forwarder_pids="$forwarder_pids $!" beginning=""
  ports="$ports ${1%%=*}=$!"
  shift
done
shift
for pair in $ports; do await_listener "${pair%%=*}" "${pair#*=}"; done

if [ -n "${SHOPFLOOR_BIN_DIR:-}" ]; then
  PATH="$PATH:$SHOPFLOOR_BIN_DIR"
  export PATH
fi
if [ -n "${SHOPFLOOR_GATE:-}" ]; then
  until [ -e "$SHOPFLOOR_GATE" ]; do sleep 0.01; done
fi
if [ -n "${SHOPFLOOR_SERVICES_DIR:-}" ]; then
  trap end_for_service USR1
  rm -f "$services_state/ready" "$services_state/failure"
  before=$! beginning=services_pid
  "$SHOPFLOOR_BIN_DIR/run_services" "$SHOPFLOOR_SERVICES_DIR" "$services_state" </dev/null &
  services_pid=$! beginning=""
  until [ -e "$services_state/ready" ]; do
    kill -0 "$services_pid" 2>/dev/null || fail_for_service
    sleep 0.02
  done
fi
before=$! beginning=command_pid
"$@" &
command_pid=$! beginning=""
[ -z "$has_failed_service" ] || end_for_service
while :; do
  wait "$command_pid"
  status=$?
  # A trapped signal ends `wait` early; the command is over only when it is no longer there.
  kill -0 "$command_pid" 2>/dev/null || break
done
[ -z "$killer_pid" ] || kill -KILL "$killer_pid" 2>/dev/null
end_services
[ -z "$has_failed_service" ] || fail_for_service
end_forwarders
if [ "$status" -eq 137 ] && grep -qs '^oom_kill [1-9]' /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events; then
  echo "shopfloor init: the command was killed as the memory of the sandbox was full" >&2
fi
exit "$status"
