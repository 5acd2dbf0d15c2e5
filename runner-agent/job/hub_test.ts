/** A hub's socket under a sandbox that takes every connection it can get. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { HUB_REQUESTS_MAX } from "../limits.ts";
import { createHubHandler, serveSocket } from "./hub.ts";
import { systemClock } from "./system_clock.ts";

const SERVE = `
  import { serveSocket } from ${JSON.stringify(new URL("./hub.ts", import.meta.url).href)};
  // As every runner does: what Deno opens for signals, when first asked or somewhat later, it cannot do without.
  Deno.addSignalListener("SIGTERM", () => Deno.exit());
  await serveSocket(Deno.args[0], () => () => new Response("here"));
  console.log("serving");
`;
const FILES_MAX = 80;
const ANSWER_TRIES_MAX = 600;

async function ask(path: string): Promise<string> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  try {
    return await (await fetch("http://hub/", { client })).text();
  } finally {
    client.close();
  }
}

Deno.test("a hub that ran out of files answers again once there are some, and its runner lives", async () => {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "hub.sock");
  const script = join(dir, "serve.ts");
  await Deno.writeTextFile(script, SERVE);
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      `ulimit -n ${FILES_MAX}; exec "$@"`,
      "sh",
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      script,
      path,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const connections: Deno.Conn[] = [];
  try {
    for await (const _ of child.stdout) break;
    assert.equal(await ask(path), "here");
    for (let n = 0; n < FILES_MAX; n++) {
      // Nobody listens between two lives of the hub.
      await Deno.connect({ transport: "unix", path }).then((one) => connections.push(one), () => {});
    }
    await systemClock.sleep(200);
    for (const one of connections.splice(0)) one.close();
    let answer = "";
    for (let tries = 0; answer === "" && !hasEnded && tries < ANSWER_TRIES_MAX; tries++) {
      answer = await ask(path).catch(() => "");
      await systemClock.sleep(50);
    }
    assert.deepEqual([answer, hasEnded], ["here", false]);
  } finally {
    for (const one of connections) one.close();
    if (!hasEnded) child.kill("SIGKILL");
    await child.status;
    await Deno.remove(dir, { recursive: true });
  }
});

/** One request on a connection of its own. */
async function send(path: string): Promise<Deno.Conn> {
  const connection = await Deno.connect({ transport: "unix", path });
  await connection.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"),
  );
  return connection;
}

Deno.test("a hub takes so many requests at a time, refuses more with a reason, and has room again for as many", async () => {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "hub.sock");
  const held: ((response: Response) => void)[] = [];
  const hub = await serveSocket(path, () => () => new Promise((answer) => held.push(answer)));
  const open: Deno.Conn[] = [];
  /** As many as fit, all of which reach the route, and one more. */
  async function fill(): Promise<string> {
    for (let n = 0; n < HUB_REQUESTS_MAX; n++) open.push(await send(path));
    for (let tries = 0; held.length < HUB_REQUESTS_MAX && tries < 200; tries++) await systemClock.sleep(20);
    assert.equal(held.length, HUB_REQUESTS_MAX);
    return await new Response((await send(path)).readable).text();
  }
  async function answerAll(): Promise<void> {
    for (const answer of held.splice(0)) answer(new Response("done"));
    for (const one of open.splice(0)) assert.match(await new Response(one.readable).text(), /done$/);
  }
  try {
    const refused = await fill();
    assert.match(refused, /^HTTP\/1\.1 503 /);
    assert.match(refused, /^retry-after: 1\r$/m);
    assert.match(
      refused,
      /"too_many_requests","message":"Cannot take this request as at most 64 of a sandbox/,
    );
    // Who gives up has its place until its route is done.
    open.splice(10, 1)[0]!.close();
    await answerAll();
    assert.match(await fill(), /^HTTP\/1\.1 503 /, "no place is lost, and none is gained");
    await answerAll();
  } finally {
    for (const one of open) one.close();
    await hub.close();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a request whose host makes no address is refused by the hub, and is no fault of the runner's", async () => {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "hub.sock");
  const faults: string[] = [];
  const hub = await serveSocket(
    path,
    (closed) => createHubHandler([], (fault) => faults.push(fault), closed),
  );
  try {
    const answers: string[] = [];
    for (const host of ["a b", "[", "hub"]) {
      using connection = await Deno.connect({ transport: "unix", path });
      const request = `GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      const head = new Uint8Array(12);
      await connection.read(head);
      answers.push(new TextDecoder().decode(head));
    }
    assert.deepEqual(answers, ["HTTP/1.1 400", "HTTP/1.1 400", "HTTP/1.1 404"]);
    assert.deepEqual(faults, []);
  } finally {
    await hub.close();
    await Deno.remove(dir, { recursive: true });
  }
});
