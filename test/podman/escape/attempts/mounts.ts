/** Ways to other files: mounts, namespaces, roots and devices (H1, H2, H5). */
import { all, type Attempt } from "../attempt.ts";

const READ_ONLY =
  "/usr /etc /run/alp /run/alp/bin /shopfloor/objects /workspace/.git /usr/local/lib/shopfloor_init.sh /";

export const mounts: readonly Attempt[] = all({}, [
  {
    name: "writing where the sandbox is read-only",
    invariant: "H2",
    bound: "read-only root and mounts",
    script: `for path in ${READ_ONLY}; do
        if [ -d "$path" ]; then ( : >"$path/.w" ) 2>/dev/null && echo "ESCAPED $path"; else ( echo x >>"$path" ) 2>/dev/null && echo "ESCAPED $path"; fi; done
      touch /usr/x; rm -f /run/alp/hub.sock; mv /run/alp/checked /run/alp/c; ls /run/alp/hub.sock`,
    seen: /(Read-only file system[\s\S]*){3}\/run\/alp\/hub\.sock\n$/,
  },
  {
    name: "mounting the read-only again, writable",
    invariant: "H1",
    bound: "no CAP_SYS_ADMIN",
    script:
      `for path in / /run/alp /shopfloor/objects /workspace/.git /proc/sys /sys; do mount -o remount,rw,bind $path && echo ESCAPED; mount -o remount,rw $path && echo ESCAPED; done; echo tried`,
    seen: /(permission denied[\s\S]*){12}tried/,
  },
  {
    name: "new mounts: proc, sysfs, a memory file system, a bind, the host's disk",
    invariant: "H1",
    bound: "no CAP_SYS_ADMIN",
    script:
      `mount -t proc proc /tmp && echo ESCAPED; mount -t sysfs s /tmp && echo ESCAPED; mount -t tmpfs t /tmp && echo ESCAPED; mount --bind / /tmp && echo ESCAPED
      mount -t ext4 /dev/vda /tmp && echo ESCAPED; mount -t overlay o -o lowerdir=/,upperdir=/tmp,workdir=/tmp /tmp && echo ESCAPED; mount -t cgroup -o memory c /tmp && echo ESCAPED; echo tried`,
    seen: /permission denied[\s\S]*tried/,
  },
  {
    name: "taking a mount away that hides or protects something",
    invariant: "H1",
    bound: "no CAP_SYS_ADMIN",
    script:
      `for path in /workspace/.git /run/alp /shopfloor/objects /proc/sys /proc/acpi /sys/firmware /proc/keys; do umount $path && echo ESCAPED; umount -l $path && echo ESCAPED; done; cat /workspace/.git`,
    seen: /(Operation not permitted[\s\S]*){14}gitdir: \/shopfloor\/git/,
  },
  {
    name: "the system calls of mounts, old and new",
    invariant: "H1",
    bound: "no CAP_SYS_ADMIN, seccomp",
    script:
      `sys mount 165 none /tmp tmpfs 0 0; sys umount2 166 /workspace/.git 2; sys fsopen 430 ext4 0; sys fsmount 432 3 0 0; sys open_tree 428 -100 / 1; sys move_mount 429 -1 x -1 y 0; sys mount_setattr 442 -100 / 0 zero:32 32; sys pivot_root 155 /tmp /tmp; sys chroot 161 /tmp`,
    seen: /^(\w+ = -1 (EPERM|ENOSYS)\n){9}$/,
  },
  {
    name: "another root: chroot, pivot_root, switch_root",
    invariant: "H1",
    bound: "no CAP_SYS_CHROOT, no CAP_SYS_ADMIN",
    script:
      `mkdir -p /tmp/r; chroot /tmp/r /bin/true; pivot_root /tmp/r /tmp/r; chroot /proc/1/root /bin/true; ls /proc/1/root/; ls "/proc/1/root$BAIT_DIR" && echo ESCAPED; echo tried`,
    seen: /(Operation not permitted[\s\S]*){3}tried/,
  },
  {
    name: "namespaces of its own, in which it would be root",
    invariant: "H1",
    bound: "seccomp: no user namespace",
    script:
      `unshare -U id && echo ESCAPED; unshare -Ur id && echo ESCAPED; unshare -Urm id && echo ESCAPED; unshare -m id && echo ESCAPED; unshare -n id && echo ESCAPED; unshare -p -f id && echo ESCAPED
      sys clone 56 268435473 0 0 0 0; sys clone3 435 zero:88 88; sys unshare 272 268435456; sys unshare 272 131072`,
    seen:
      /(Operation not permitted[\s\S]*){6}clone = -1 ENOSYS\nclone3 = -1 ENOSYS\nunshare = -1 EPERM\nunshare = -1 EPERM\n$/,
  },
  {
    name: "the namespaces of PID 1 and of the kernel's threads",
    invariant: "H1",
    bound: "no CAP_SYS_ADMIN, a process namespace of its own",
    script:
      `nsenter -t 1 -m -n -p id && echo ESCAPED; nsenter -t 2 -a id && echo ESCAPED; for ns in mnt net pid user uts ipc cgroup; do nsenter --$([ $ns = mnt ] && echo mount || echo $ns)=/proc/1/ns/$ns id 2>&1 | head -n1; done; sys setns 308 3 0; echo tried`,
    seen: /tried/,
  },
  {
    name: "settings of the kernel: core_pattern, modprobe, sysrq, oops",
    invariant: "H2",
    bound: "/proc/sys is read-only",
    script:
      `for path in kernel/core_pattern kernel/modprobe kernel/hostname kernel/hotplug vm/panic_on_oom fs/binfmt_misc/register net/ipv4/ip_forward kernel/domainname user/max_user_namespaces; do ( echo '|/tmp/x' >/proc/sys/$path ) 2>&1 && echo "ESCAPED $path"; done; ( echo b >/proc/sysrq-trigger ) && echo ESCAPED; sysctl -w kernel.core_pattern='|/tmp/x' && echo ESCAPED; echo tried`,
    seen: /(Read-only file system|Permission denied)[\s\S]*tried/,
  },
  {
    name: "the kernel's memory and log",
    invariant: "H5",
    bound: "masked, owned by the host's root",
    script:
      `for path in /proc/kcore /proc/kallsyms /proc/kmsg /dev/mem /dev/kmem /dev/kmsg /dev/port /proc/timer_list /proc/keys /proc/sched_debug /sys/kernel/debug /sys/kernel/security /sys/firmware/acpi /proc/acpi/x; do if head -c 64 $path 2>/dev/null | tr -d '0\\n' | grep -aq '[1-9a-f]\\{12\\}'; then echo "ESCAPED $path"; fi; done
      dmesg | head -n2; sys syslog 103 3 zero:4096 4096; echo tried`,
    seen: /(not permitted|Operation)[\s\S]*syslog = -1 (EPERM|ENOSYS)\ntried/,
  },
  {
    name: "devices of the host, made anew",
    invariant: "H1",
    bound: "no CAP_MKNOD; device files mean nothing in a user namespace",
    script:
      `mknod /tmp/vda b 254 0 && echo ESCAPED; mknod /workspace/vda b 8 0 && echo ESCAPED; mknod /workspace/mem c 1 1 && echo ESCAPED; sys mknod 133 /tmp/kmsg 8576 267; ls /dev/vda /dev/sda /dev/fuse /dev/kvm /dev/net/tun /dev/loop0 /dev/dri; ls -d /dev/disk; echo tried`,
    seen: /(Operation not permitted[\s\S]*){3}mknod = -1 (EPERM|ENOSYS)[\s\S]*tried/,
  },
  {
    name: "cgroups: a release agent, its own limits",
    invariant: "H2",
    bound: "cgroups are read-only",
    script:
      `find /sys/fs/cgroup -name release_agent -o -name notify_on_release -o -name 'memory.limit_in_bytes' -o -name pids.max -o -name memory.max -o -name cgroup.procs | while read -r f; do ( echo 0 >"$f" ) 2>/dev/null && echo "ESCAPED $f"; done
      mkdir /sys/fs/cgroup/memory/x && echo ESCAPED; mkdir /sys/fs/cgroup/x; echo tried`,
    seen: /(Read-only|denied|No such|File exists)[\s\S]*tried/,
  },
  {
    name: "writing to /sys",
    invariant: "H2",
    bound: "/sys is read-only",
    script:
      `for f in /sys/kernel/uevent_helper /sys/power/state /sys/kernel/mm/transparent_hugepage/enabled /sys/block/*/uevent /sys/module/*/parameters/*; do [ -e "$f" ] && ( echo x >"$f" ) 2>/dev/null && echo "ESCAPED $f"; done; touch /sys/x; echo tried`,
    seen: /(Read-only file system|Permission denied)[\s\S]*tried/,
  },
  {
    name: "files of the host, by their paths",
    invariant: "H2",
    bound: "only the run's own directories are mounted",
    script:
      `for path in "$BAIT_FILE" "/proc/1/root$BAIT_FILE" "/proc/1/cwd/../$BAIT_FILE" "/proc/self/root/../../..$BAIT_FILE" "$STATE_DIR" "$ORIGIN" "$VICTIM_HOME" "$VICTIM_TREE" /root /home/$SUDO_USER/.ssh /var/run/docker.sock /run/podman/podman.sock /etc/shadow; do cat "$path" 2>/dev/null && echo "ESCAPED $path"; ls -d "$path" 2>/dev/null | grep -v '^/home/$' ; done; echo x >"$BAIT_FILE" && echo ESCAPED; echo tried`,
    seen: /No such file or directory\ntried/,
  },
  {
    name: "a file of the host by its handle",
    invariant: "H1",
    bound: "no CAP_DAC_READ_SEARCH",
    script:
      `sys name_to_handle_at 303 -100 /workspace zero:200 zero:8 0; sys open_by_handle_at 304 3 zero:200 0`,
    seen: /open_by_handle_at = -1 (EPERM|ENOSYS)/,
  },
  {
    name: "a hard link to what is not its own",
    invariant: "H2",
    bound: "every mount is another file system to it",
    script:
      `ln /run/alp/bin/complete_station /workspace/x; ln /shopfloor/objects/info/packs /shopfloor/git/x; ln /usr/bin/env /workspace/env; ln /run/alp/hub.sock /run/shopfloor/hub.sock; ls /workspace/x /workspace/env 2>/dev/null && echo ESCAPED; echo tried`,
    seen: /(cross-device|Cross-device|not permitted|No such)[\s\S]*tried/,
  },
  {
    name: "a file descriptor that was left open, to a directory of the host",
    invariant: "H2",
    bound: "nothing is inherited",
    script:
      `for p in /proc/[0-9]*; do for fd in $p/fd/*; do to=$(readlink "$fd" 2>/dev/null); case "$to" in /tmp/shopfloor*|/root*|/work*|/var/lib*|"$STATE_DIR"*|"$BAIT_DIR"*) echo "ESCAPED $fd $to";; esac; [ -d "$fd/" ] && cat "$fd/../../../../..$BAIT_FILE" 2>/dev/null; done; done; ls /proc/self/fd/8/.. ; echo tried`,
    seen: /tried/,
  },
]);
