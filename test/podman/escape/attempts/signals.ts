/** Signals to PID 1 and to what stands beside it, which leave the sandbox as it was. */
import type { Attempt } from "../attempt.ts";

export const signals: readonly Attempt[] = [
  {
    name: "KILL and STOP to PID 1",
    invariant: "H4",
    bound: "the kernel keeps them from PID 1",
    script:
      `kill -KILL 1; kill -STOP 1; kill -SEGV 1; kill -TSTP 1; sleep 0.1; grep State /proc/1/status; kill -CONT 1`,
    seen: /State:\s[SR]/,
  },
  {
    name: "an end of the forwarders to the hub and to the proxy",
    invariant: "H3",
    bound: "init.sh 1: one that dies is started again",
    script:
      `killall -KILL socat; for n in $(seq 40); do sleep 0.05; get GET /healthz | grep -q 200 && break; done; get GET /healthz`,
    seen: /HTTP\/1\.1 200 OK\n$/,
  },
  {
    name: "a listener of its own on the hub's port",
    invariant: "hub",
    bound: "only its own loopback: the host believes nothing of it",
    script:
      `timeout 2 socat TCP-LISTEN:7400,bind=127.0.0.1,reuseport,reuseaddr SYSTEM:'echo mine' </dev/null 2>&1 | head -n1; timeout 1 socat TCP-LISTEN:7400,bind=127.0.0.2 - </dev/null; get GET /healthz`,
    seen: /HTTP\/1\.1 200 OK\n$/,
  },
  {
    name: "processes that outlive their attempt",
    invariant: "H4",
    bound: "they end with PID 1",
    script:
      `for n in 1 2 3; do setsid sh -c 'trap "" TERM HUP INT; sleep 4711' </dev/null >/dev/null 2>&1 & done; sleep 0.1; ps | grep -c 'sleep 471[1]'`,
    seen: /^[1-9]/,
  },
];
