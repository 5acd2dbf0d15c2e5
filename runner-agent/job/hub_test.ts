/** A hub's socket under a sandbox that takes every connection it can get. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "./system_clock.ts";

const SERVE = `
  import { serveSocket } from ${JSON.stringify(new URL("./hub.ts", import.meta.url).href)};
  await serveSocket(Deno.args[0], () => () => new Response("here"));
  console.log("serving");
`;
const FILES_MAX = 80;
const ANSWER_TRIES_MAX = 100;

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
