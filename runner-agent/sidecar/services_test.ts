/** The policy for services is shell (`container/init.sh`, `run_bin/run_services`): here it runs, with its times made short. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runBeside } from "../../test/fake/run_beside.ts";
import { freePort } from "../../tools/local/ports.ts";

const SLEEP = "/usr/bin/sleep";
const shell = (script: string) => ["sh", "-c", script];

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 30_000;
  while (!await isSo()) {
    assert.ok(performance.now() < untilMs, "it did not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test(
  "services start in their order, each ready before the next, and end after the command in reverse",
  async () => {
    const noted = (name: string) =>
      shell(
        `trap 'echo -${name} >>$DIR/order; exit 0' TERM; sleep 0.1; echo +${name} >>$DIR/order; touch $DIR/${name}; while :; do sleep 0.02; done`,
      );
    const check = { type: "delay", delayMs: 1_000 } as const;
    const ended = await runBeside(
      [{ command: noted("a"), readyCheck: check }, { command: noted("b"), readyCheck: check }],
      "echo command >>$DIR/order; exit 7",
    );
    assert.equal(ended.code, 7);
    assert.deepEqual(ended.read("order").trim().split("\n"), ["+a", "+b", "command", "-b", "-a"]);
  },
);

Deno.test(
  "the command does not start before a tcp check succeeds, and what the service writes is its own log",
  async () => {
    const port = freePort();
    const ended = await runBeside([{
      command: shell(
        `echo to my log; sleep 0.2; exec socat TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr SYSTEM:true`,
      ),
      readyCheck: { type: "tcp", host: "127.0.0.1", port, timeoutMs: 60_000 },
    }], `socat -u OPEN:/dev/null TCP:127.0.0.1:${port} && echo connected`);
    assert.equal(ended.stdout, "connected\n");
    assert.equal(ended.code, 0);
    assert.match(ended.read("state/s0.log"), /^to my log\n/);
  },
);

Deno.test("an http check wants a status of 2xx", async () => {
  let status = 503;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(null, { status }),
  );
  try {
    const readyCheck = {
      type: "http",
      url: `http://127.0.0.1:${server.addr.port}/h?a=1`,
      timeoutMs: 300,
    } as const;
    const not = await runBeside([{ name: "web", readyCheck }], "echo never");
    assert.equal(not.code, 125);
    assert.equal(not.stdout, "");
    assert.match(
      not.stderr,
      /service 'web' is not ready: no success in 0\.3 s \(last check: answered HTTP\/1\.[01] 503 Service Unavailable\)\n$/,
    );
    status = 204;
    assert.equal((await runBeside([{ readyCheck }], "echo so")).stdout, "so\n");
  } finally {
    await server.shutdown();
  }
});

Deno.test(
  "a service that is not ready in time fails the run, and the reason has its last check",
  async () => {
    const readyCheck = { type: "tcp", host: "127.0.0.1", port: freePort(), timeoutMs: 200 } as const;
    const ended = await runBeside([{ name: "db", readyCheck }], "echo never");
    assert.equal(ended.code, 125);
    assert.match(
      ended.stderr,
      /^shopfloor init: service 'db' is not ready: no success in 0\.2 s \(last check: .*Connection refused\)\n$/,
    );
    assert.equal(ended.stdout, "");
  },
);

Deno.test(
  "a service that ends again and again has given up after three ends, and says so at once",
  async () => {
    const readyCheck = { type: "tcp", host: "127.0.0.1", port: freePort(), timeoutMs: 60_000 } as const;
    const ended = await runBeside(
      [{ name: "flap", command: shell("echo x >>$DIR/starts; exit 3"), restart: "always", readyCheck }],
      "echo never",
    );
    assert.equal(ended.code, 125);
    assert.match(
      ended.stderr,
      /service 'flap' is not ready: it ended with status 3, for the 3\. time in a row/,
    );
    assert.equal(ended.read("starts"), "x\nx\nx\n");
  },
);

for (
  const [restart, code, starts] of [["never", 3, 1], ["on-failure", 0, 1], ["on-failure", 3, 3], [
    "always",
    0,
    3,
  ]] as const
) {
  Deno.test(
    `with restart ${restart}, a service that ends with ${code} starts ${starts} times`,
    async () => {
      const ended = await runBeside(
        [{ command: shell(`echo x >>$DIR/starts; exit ${code}`), restart }],
        "until [ -e $DIR/state/s0.given_up ] || [ -e $DIR/state/s0.done ]; do sleep 0.02; done; echo over",
      );
      assert.equal(ended.stdout, "over\n");
      assert.equal(ended.read("starts").length, 2 * starts);
      assert.equal(ended.code, 0, "it was not required");
    },
  );
}

Deno.test("a service that ran for a while counts its ends anew", async () => {
  const ended = await runBeside(
    [{ command: shell("echo x >>$DIR/starts; sleep 0.15; exit 1"), restart: "always" }],
    "until [ $(wc -l <$DIR/starts) -ge 5 ]; do sleep 0.02; done",
    undefined,
    { SHOPFLOOR_SERVICE_STEADY_CS: "10" },
  );
  assert.equal(ended.code, 0);
});

Deno.test(
  "a required service that gives up ends the sandbox: the command gets TERM, and the reason is the last line",
  async () => {
    const ended = await runBeside(
      [{ name: "db", command: shell("until [ -e $DIR/go ]; do sleep 0.02; done; exit 9"), isRequired: true }],
      "trap 'echo told; exit 0' TERM; touch $DIR/go; while :; do sleep 0.02; done",
    );
    assert.equal(ended.code, 125);
    assert.equal(ended.stdout, "told\n");
    assert.match(
      ended.stderr,
      /shopfloor init: service 'db' is required and has given up: ended with status 9\n$/,
    );
  },
);

Deno.test("a command that does not end by TERM is killed when its service is gone", async () => {
  const ended = await runBeside(
    [{ command: shell("until [ -e $DIR/go ]; do sleep 0.02; done; exit 9"), isRequired: true }],
    "trap '' TERM; touch $DIR/go; while :; do sleep 0.05; done",
    undefined,
    { SHOPFLOOR_SERVICE_COMMAND_GRACE_CS: "20" },
  );
  assert.equal(ended.code, 125);
});

Deno.test("a service that takes its time to begin is watched all the same", async () => {
  const slow = await Deno.makeTempDir({ prefix: "shopfloor_slow_" });
  await Deno.writeTextFile(join(slow, "setsid"), '#!/bin/sh\nsleep 0.3\nexec /usr/bin/setsid "$@"\n', {
    mode: 0o755,
  });
  await missesThreeChecks({ PATH: `${slow}:${Deno.env.get("PATH")}` });
  await Deno.remove(slow, { recursive: true });
});

Deno.test(
  "a service that misses three checks begins again, and nothing of it is left",
  () => missesThreeChecks({}),
);

async function missesThreeChecks(env: Record<string, string>): Promise<void> {
  const port = freePort();
  const ended = await runBeside(
    [{
      command: shell(
        `echo x >>$DIR/starts; sleep 1000 & echo $! >>$DIR/children
       socat TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr SYSTEM:true & listener=$!
       until [ -e $DIR/sick ]; do sleep 0.02; done; rm $DIR/sick; kill $listener; sleep 1000`,
      ),
      restart: "on-failure",
      readyCheck: { type: "tcp", host: "127.0.0.1", port, timeoutMs: 60_000 },
    }],
    "touch $DIR/sick; until [ $(wc -l <$DIR/starts) -eq 2 ]; do sleep 0.02; done",
    undefined,
    env,
  );
  assert.equal(ended.code, 0);
  assert.match(
    ended.read("state/lifecycle.log"),
    /s0 unhealthy: .*Connection refused\n.*s0 ended: missed its check/,
  );
  for (const pid of ended.read("children").trim().split("\n")) {
    assert.equal(await isAlive(pid), false);
  }
}

Deno.test("TERM goes to the command first, and then to the services", async () => {
  const ended = await runBeside(
    [{
      command: shell(
        "trap 'echo service >>$DIR/order; exit 0' TERM; touch $DIR/up; while :; do sleep 0.02; done",
      ),
    }],
    "trap 'sleep 0.2; echo command >>$DIR/order; exit 5' TERM; until [ -e $DIR/up ]; do sleep 0.02; done; touch $DIR/on; while :; do sleep 0.02; done",
    async (dir, child) => {
      await until(() => exists(join(dir, "on")));
      child.kill("SIGTERM");
    },
  );
  assert.equal(ended.code, 5);
  assert.equal(ended.read("order"), "command\nservice\n");
});

Deno.test("TERM before all services are ready ends them, and the command never starts", async () => {
  const readyCheck = { type: "tcp", host: "127.0.0.1", port: freePort(), timeoutMs: 60_000 } as const;
  const ended = await runBeside(
    [{ command: shell("echo $$ >$DIR/pid; exec sleep 100"), readyCheck }],
    "echo never",
    async (dir, child) => {
      await until(() => exists(join(dir, "pid")));
      child.kill("SIGTERM");
    },
  );
  assert.equal(ended.code, 143);
  assert.equal(ended.stdout, "");
  assert.equal(await isAlive(ended.read("pid")), false);
});

Deno.test("a pause that does not hear TERM ends with the services", async () => {
  // So is a `sleep` that was only just forked: a copy of the shell that traps TERM.
  const deaf = await Deno.makeTempDir({ prefix: "shopfloor_deaf_" });
  await Deno.writeTextFile(join(deaf, "sleep"), `#!/bin/sh\ntrap '' TERM\nexec ${SLEEP} "$@"\n`, {
    mode: 0o755,
  });
  const ended = await runBeside([{ command: [SLEEP, "100"] }], `${SLEEP} 0.2; echo over`, undefined, {
    PATH: `${deaf}:${Deno.env.get("PATH")}`,
  });
  await Deno.remove(deaf, { recursive: true });
  assert.deepEqual([ended.code, ended.stdout], [0, "over\n"]);
});

Deno.test("a service that never hears TERM is killed", async () => {
  const ended = await runBeside(
    [{ command: shell("trap '' TERM; touch $DIR/up; while :; do sleep 0.05; done") }],
    "until [ -e $DIR/up ]; do sleep 0.02; done",
    undefined,
    { SHOPFLOOR_SERVICE_STOP_CS: "20" },
  );
  assert.equal(ended.code, 0);
});

Deno.test("whenever TERM comes, and although the command ends at once, nothing is left", async () => {
  for (let afterMs = 0; afterMs < 120; afterMs += 8) {
    const ended = await runBeside([{}, {}], "exec sleep 100", async (dir, child) => {
      // Before, `init.sh` itself may not be there yet.
      await until(() => exists(join(dir, "state")));
      await new Deno.Command(SLEEP, { args: [String(afterMs / 1_000)] }).output();
      child.kill("SIGTERM");
    });
    assert.equal(ended.code, 143);
    assert.equal((await runBeside([{}], "true")).code, 0);
  }
});

Deno.test("a service's log is bounded: the newest half of what is too long is kept", async () => {
  const ended = await runBeside(
    [{ command: shell("i=0; while :; do i=$((i+1)); echo line $i; sleep 0.001; done") }],
    "until [ -e $DIR/state/s0.log.1 ]; do sleep 0.02; done",
    undefined,
    { SHOPFLOOR_SERVICE_LOG_MAX_BYTES: "2000" },
  );
  assert.equal(ended.read("state/s0.log.1").length, 1000);
});

Deno.test(
  "arguments and values reach a service as they are, whatever a shell would make of them",
  async () => {
    const odd = `it's $HOME; "$(id)" \`id\` *\n\\`;
    const ended = await runBeside(
      [{ command: ["sh", "-c", 'printf %s "$1$ODD" >$DIR/odd', "x", odd], env: { ODD: odd } }],
      "until [ -s $DIR/odd ]; do sleep 0.02; done",
    );
    assert.equal(ended.read("odd"), odd + odd);
  },
);

Deno.test("a forwarder that dies is started again", async () => {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_forward_" });
  const socket = join(dir, "hub.sock");
  await using _server = Deno.serve({ path: socket, onListen: () => {} }, () => new Response("hub"));
  const port = freePort();
  const { stdout, code } = await runBeside(
    [],
    `get() { printf 'GET / HTTP/1.0\\r\\n\\r\\n' | socat -t 2 -,ignoreeof TCP:127.0.0.1:${port} 2>/dev/null | tail -n 1; }
    get; sleep 2.2; pkill -KILL -f "^socat TCP-LISTEN:${port}"; echo
    until answer=$(get) && [ -n "$answer" ]; do sleep 0.02; done; echo "$answer"`,
    undefined,
    {},
    [`${port}=${socket}`],
  );
  await Deno.remove(dir, { recursive: true });
  assert.equal(code, 0);
  assert.equal(stdout, "hub\nhub\n");
});

async function isAlive(pid: string): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid.trim()}/stat`).catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}
