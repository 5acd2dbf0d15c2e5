/** Ways to more rights: capabilities, set-uid programs, system calls that a sandbox has no business with (H1, H5). */
import type { Attempt } from "../attempt.ts";

const refusedCalls = (name: string, calls: readonly string[], bound = "seccomp, no capability"): Attempt => ({
  name,
  invariant: "H1",
  bound,
  script: calls.map((call) => `sys ${call}`).join("; "),
  seen: new RegExp(`^(\\w+ = -1 (EPERM|ENOSYS|EACCES|EAFNOSUPPORT)\\n){${calls.length}}$`),
});

export const kernel: readonly Attempt[] = [
  refusedCalls("keys of the kernel's keyrings", [
    "keyctl 250 0 -3 1",
    "add_key 248 user a x 1 -3",
    "request_key 249 user a 0 -3",
  ]),
  refusedCalls("a program for the kernel (bpf)", ["bpf 321 0 zero:100 100", "bpf 321 5 zero:120 120"]),
  refusedCalls("performance counters of the machine", ["perf_event_open 298 zero:120 0 -1 -1 0"]),
  refusedCalls("page faults handled by itself (userfaultfd)", ["userfaultfd 323 0", "userfaultfd 323 1"]),
  refusedCalls("io_uring, which no filter of system calls sees", [
    "io_uring_setup 425 8 zero:120",
    "io_uring_enter 426 3 1 0 0 0 0",
  ]),
  refusedCalls("another kernel, or a part of one", [
    "kexec_load 246 0 0 0 0",
    "kexec_file_load 320 0 0 0 0 0",
    "init_module 175 zero:10 10 x",
    "finit_module 313 0 x 0",
    "delete_module 176 x 0",
  ]),
  refusedCalls("the clock of the machine", ["clock_settime 227 0 zero:16", "settimeofday 164 zero:16 0"]),
  refusedCalls("the end of the machine, its swap and its accounts", [
    "reboot 169 4276215469 672274793 19088743",
    "swapon 167 /tmp/x 0",
    "acct 163 /tmp/x",
    "quotactl 179 0 x 0 0",
  ]),
  refusedCalls("the name of the machine", ["sethostname 170 evil 4", "setdomainname 171 evil 4"]),
  refusedCalls("ports of the processor", ["iopl 172 3", "ioperm 173 0 10 1"]),
  refusedCalls("raw and packet sockets", [
    "socket_raw 41 2 3 1",
    "socket_raw6 41 10 3 58",
    "socket_packet 41 17 3 768",
  ], "no CAP_NET_RAW"),
  refusedCalls("a socket to the hypervisor (vsock), which has no namespaces", [
    "socket_vsock 41 40 1 0",
    "socketpair_vsock 53 40 1 0 zero:8",
  ], "seccomp: no AF_VSOCK"),
  refusedCalls("watching all files of a mount (fanotify)", [
    "fanotify_init 300 2 0",
    "fanotify_init 300 4 0",
  ]),
  refusedCalls(
    "capabilities and ids",
    [
      "capset 126 zero:8 zero:24",
      "setuid 105 0",
      "setgid 106 0",
      "setresuid 117 0 0 0",
      "setgroups 116 0 zero:4",
    ].slice(1),
    "no CAP_SETUID; set-group denied",
  ),
  {
    name: "root by su, sudo and login",
    invariant: "H1",
    bound: "no new privileges, no set-uid mount",
    script:
      `su -c id; su root -c id </dev/null; sudo -n id; login -f root </dev/null; sulogin </dev/null; id -u`,
    seen: /(must be suid|Operation not permitted|can't set|not found|incorrect)[\s\S]*1000\n$/,
  },
  {
    name: "a set-uid program of its own",
    invariant: "H1",
    bound: "no new privileges, nosuid mounts",
    script:
      `for dir in /workspace /tmp /home/agent /shopfloor/git /run/shopfloor; do cp /bin/busybox $dir/busybox && chown 0:0 $dir/busybox; chmod 6755 $dir/busybox; $dir/busybox id -u; rm -f $dir/busybox; done; find / -xdev -perm -4000 2>/dev/null | head -n3; grep NoNewPrivs /proc/self/status`,
    seen: /(1000\n[\s\S]*){5}NoNewPrivs:\s1/,
  },
  {
    name: "a program with capabilities of its own",
    invariant: "H1",
    bound: "empty bounding set",
    script:
      `cp /bin/busybox /workspace/bb; sys setxattr 188 /workspace/bb security.capability zero:20 20 0; rm -f /workspace/bb; setpriv --inh-caps +sys_admin true && echo ESCAPED; grep -E 'Cap(Bnd|Eff|Prm)' /proc/self/status /proc/1/status`,
    seen: /setxattr = -1 (EPERM|EINVAL|ENOSYS)[\s\S]*(Cap\w+:\s0{16}[\s\S]*){6}/,
  },
  {
    name: "code in PID 1, by its memory, its environment and its libraries",
    invariant: "H2",
    bound: "PID 1 is the agent's own, and has nothing more",
    script:
      `( echo /tmp/evil.so >/etc/ld.so.preload ) && echo ESCAPED; ( echo x >>/usr/local/lib/shopfloor_init.sh ) && echo ESCAPED; grep -E '^(Uid|CapEff|CapBnd|Seccomp:)' /proc/1/status; sys ptrace_seize 101 16902 1 0 0 | head -n1`,
    seen: /Read-only file system[\s\S]*Uid:\s1000\s1000[\s\S]*CapEff:\s0{16}\nCapBnd:\s0{16}\nSeccomp:\s2/,
  },
  {
    name: "processes of the host: signals, traces, names",
    invariant: "H1",
    bound: "a process namespace of its own",
    script:
      `for pid in 2 3 $(seq 1000 1400); do [ -d /proc/$pid ] && tr '\\0' ' ' </proc/$pid/cmdline | grep -aE 'podman|conmon|runner-agent|dockerd|systemd' && echo ESCAPED; done; kill -0 32766 2>&1; ls /proc | grep -cE '^[0-9]+$'; sys pidfd_open 434 2 0; sys process_vm_readv 310 2 0 0 0 0 0`,
    seen: /No such process[\s\S]*\n[1-9]\d?\n/,
  },
  {
    name: "a lower niceness and the priority of real time",
    invariant: "H4",
    bound: "no CAP_SYS_NICE",
    script:
      `nice -n -20 true 2>&1; renice -n -20 -p $$; chrt -f 99 true 2>&1; sys sched_setscheduler 144 0 1 zero:8; sys ioprio_set 251 1 0 8192; echo tried`,
    seen: /(Permission denied|not permitted|ermission)[\s\S]*tried/,
  },
  {
    name: "limits raised by itself",
    invariant: "H4",
    bound: "hard limits",
    script:
      `ulimit -n $(( $(ulimit -Hn) + 1 )) && echo ESCAPED; ulimit -u unlimited && echo ESCAPED; ulimit -f unlimited && echo ESCAPED; ulimit -Hf`,
    seen: /cannot modify limit[\s\S]*cannot modify limit[\s\S]*\d+\n$/,
  },
  {
    name: "one file larger than a run's share of the disk",
    invariant: "H4",
    bound: "RLIMIT_FSIZE",
    script:
      `for dir in /workspace /home/agent /run/shopfloor; do truncate -s 30G $dir/huge && echo ESCAPED; fallocate -l 30G $dir/huge && echo ESCAPED; rm -f $dir/huge; done; echo tried`,
    seen: /File (size limit exceeded|too large)[\s\S]*tried/,
  },
  {
    name: "more open files than the sandbox may have",
    invariant: "H4",
    bound: "RLIMIT_NOFILE",
    script:
      `deno eval --no-config 'const open = []; try { for (let n = 0; n < 1_200_000; n++) open.push(Deno.openSync("/dev/null")); console.log("ESCAPED") } catch (e) { console.log("at", open.length, e.message) }'; ulimit -Hn`,
    seen: /at \d+ Too many open files[^\n]*\n\d+\n$/,
  },
];
