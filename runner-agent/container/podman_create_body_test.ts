import assert from "node:assert/strict";
import { podmanCreateBody, type PodmanHost } from "./podman_create_body.ts";
import { plainSpec } from "./test_world.ts";

const HOST: PodmanHost = {
  isRootless: false,
  firstHostId: 200_000,
  hasResourceLimits: true,
  instance: "mine",
  logDir: "/srv/logs",
  initScriptPath: "/srv/init.sh",
  hardLimits: { openFiles: 20_000, processes: 90_000 },
};

const rlimits = (nproc: number, fsize = 21_474_836_480) => [
  { type: "nofile", soft: 20_000, hard: 20_000 },
  { type: "nproc", soft: nproc, hard: nproc },
  { type: "fsize", soft: fsize, hard: fsize },
];

Deno.test("podmanCreateBody writes the whole hardening of a rootful sandbox (golden)", () => {
  const spec = plainSpec({
    runId: "r1",
    jobId: "j1",
    attempt: 2,
    image: "localhost/agent:1",
    command: ["claude", "-p"],
    env: { A: "1" },
    mounts: [{ source: "/srv/work", target: "/workspace", isReadOnly: false }],
    tmpfs: { "/tmp": 1000 },
    limits: { memoryBytes: 5000, pids: 7, cpus: 1.5, fileBytes: 6000 },
    forwards: { 7400: "/run/shopfloor/hub.sock" },
  });
  const bind = ["rbind", "rprivate", "nosuid", "nodev"];
  const tmpfs = (
    sizeBytes: number,
  ) => ["rw", "nosuid", "nodev", "notmpcopyup", "mode=1777", `size=${sizeBytes}`];
  const map = [{ container_id: 0, host_id: 200_000, size: 65_536 }];
  assert.deepEqual(
    podmanCreateBody(spec, HOST, [{ target: "/workspace/.af", kind: "directory" }, {
      target: "/workspace/.env",
      kind: "file",
    }]),
    {
      name: "shopfloor-r1",
      image: "localhost/agent:1",
      entrypoint: [],
      command: [
        "/bin/sh",
        "/usr/local/lib/shopfloor_init.sh",
        "7400=/run/shopfloor/hub.sock",
        "--",
        "claude",
        "-p",
      ],
      env: { HOME: "/home/agent", A: "1" },
      work_dir: "/workspace",
      hostname: "sandbox",
      user: "1000:1000",
      labels: {
        "shopfloor.instance": "mine",
        "shopfloor.job": "j1",
        "shopfloor.run": "r1",
        "shopfloor.attempt": "2",
      },
      cap_drop: ["ALL"],
      no_new_privileges: true,
      seccomp_profile_path: new URL("./seccomp.json", import.meta.url).pathname,
      read_only_filesystem: true,
      netns: { nsmode: "none" },
      userns: { nsmode: "private" },
      idmappings: { HostUIDMapping: false, HostGIDMapping: false, UIDMap: map, GIDMap: map },
      resource_limits: {
        memory: { limit: 5000, swap: 5000 },
        pids: { limit: 7 },
        cpu: { quota: 150_000, period: 100_000 },
      },
      r_limits: rlimits(90_000, 6000),
      mounts: [
        { type: "bind", source: "/srv/work", destination: "/workspace", options: ["rw", ...bind] },
        {
          type: "bind",
          source: "/srv/init.sh",
          destination: "/usr/local/lib/shopfloor_init.sh",
          options: ["ro", ...bind],
        },
        { type: "tmpfs", source: "tmpfs", destination: "/tmp", options: tmpfs(1000) },
        { type: "tmpfs", source: "tmpfs", destination: "/home/agent", options: tmpfs(536_870_912) },
        {
          type: "tmpfs",
          source: "tmpfs",
          destination: "/workspace/.af",
          options: ["ro", "nosuid", "nodev", "noexec", "notmpcopyup", "mode=0555", "size=64k"],
        },
        {
          type: "bind",
          source: "/dev/null",
          destination: "/workspace/.env",
          options: ["ro", "bind", "rprivate", "nosuid", "noexec"],
        },
      ],
      image_volume_mode: "ignore",
      log_configuration: { driver: "k8s-file", path: "/srv/logs/r1.log", size: 268_435_456 },
      systemd: "false",
      terminal: false,
      stdin: false,
      stop_timeout: 0,
    },
  );
});

Deno.test("podmanCreateBody keeps the user's own id when rootless, and omits limits that the host cannot set", () => {
  const body = podmanCreateBody(plainSpec(), { ...HOST, isRootless: true, hasResourceLimits: false }, []);
  assert.deepEqual(body.userns, { nsmode: "keep-id", value: "uid=1000,gid=1000" });
  assert.equal("idmappings" in body || "resource_limits" in body, false);
  assert.deepEqual(body.r_limits, rlimits(128), "the kernel bounds the processes instead");
});

Deno.test("podmanCreateBody mounts no memory file system over a mount of the spec", () => {
  const mounts = [{ source: "/srv/home", target: "/home/agent", isReadOnly: false }];
  const written = podmanCreateBody(plainSpec({ mounts }), HOST, []).mounts as {
    type: string;
    destination: string;
  }[];
  assert.deepEqual(
    written.filter((mount) => mount.destination === "/home/agent").map((mount) => mount.type),
    ["bind"],
  );
});

Deno.test("podmanCreateBody gives a sealed sandbox the hub's forward only, and a bridge to an open one alone", () => {
  const forwards = { 7400: "/run/alp/hub.sock", 3128: "/run/alp/dmz.sock" };
  const body = (networkProfile: "sealed" | "proxy_only" | "open") =>
    podmanCreateBody(plainSpec({ forwards, networkProfile }), HOST, []);
  const words = (networkProfile: "sealed" | "proxy_only" | "open") =>
    (body(networkProfile).command as string[]).filter((word) => word.includes("=/run"));
  assert.deepEqual(words("sealed"), ["7400=/run/alp/hub.sock"]);
  assert.deepEqual(words("proxy_only"), ["3128=/run/alp/dmz.sock", "7400=/run/alp/hub.sock"]);
  assert.deepEqual(
    (["sealed", "proxy_only", "open"] as const).map((name) =>
      (body(name).netns as { nsmode: string }).nsmode
    ),
    ["none", "none", "bridge"],
  );
});

Deno.test("the system calls of a sandbox leave out namespaces, keys, the kernel's insides and sockets beyond lo", async () => {
  const profile = JSON.parse(await Deno.readTextFile(new URL("./seccomp.json", import.meta.url))) as {
    readonly defaultAction: string;
    readonly syscalls: readonly {
      readonly names: readonly string[];
      readonly action: string;
      readonly args?: readonly { readonly index: number; readonly value: number; readonly op: string }[];
    }[];
  };
  assert.equal(profile.defaultAction, "SCMP_ACT_ERRNO", "what is not named is refused");
  const allowed = profile.syscalls.filter((rule) => rule.action === "SCMP_ACT_ALLOW");
  const always = new Set(allowed.filter((rule) => rule.args === undefined).flatMap((rule) => rule.names));
  const never = [
    ..."unshare setns mount umount2 pivot_root chroot fsopen move_mount open_by_handle_at".split(" "),
    ..."keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup kexec_load".split(" "),
    ..."init_module reboot syslog swapon settimeofday clock_settime clone clone3 socket socketcall".split(
      " ",
    ),
  ];
  assert.deepEqual(never.filter((name) => always.has(name)), []);
  const argumentsOf = (name: string) =>
    allowed.filter((rule) => rule.names.includes(name)).flatMap((rule) => rule.args ?? []);
  // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK.
  assert.deepEqual(argumentsOf("socket").map((one) => [one.index, one.op, one.value]), [
    [0, "SCMP_CMP_EQ", 1],
    [0, "SCMP_CMP_EQ", 2],
    [0, "SCMP_CMP_EQ", 10],
    [0, "SCMP_CMP_EQ", 16],
  ]);
  // No new namespace: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
  assert.deepEqual(argumentsOf("clone").map((one) => [one.op, one.value]), [[
    "SCMP_CMP_MASKED_EQ",
    0x7e020000,
  ]]);
});
