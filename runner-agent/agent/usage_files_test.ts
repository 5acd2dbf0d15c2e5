/** Files of an agent's home that are read, and rewritten between two lives of its CLI. */
import assert from "node:assert/strict";
import type { UsageFile } from "../agent_ports.ts";
import { NO_USAGE } from "../domain/agent/budget.ts";
import { createUsageFiles } from "./usage_files.ts";

/** Each `+` in the file is a token; the event's name is the file's. */
const usageFile: UsageFile = {
  pathsOf: ({ name }) => [`/home/agent/${name}`],
  createTally: () => ({
    add: (text) => ({ ...NO_USAGE, inputTokens: text.split("+").length - 1 }),
    takeFailure: () => null,
    takeRead: () => [],
  }),
};

async function withHome(
  body: (hostHome: string, files: ReturnType<typeof createUsageFiles>) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(`${root}/home`);
  try {
    const hostHome = `${root}/home`;
    await body(hostHome, createUsageFiles({ usageFile, hostHome, agentHome: "/home/agent" }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const withoutMinus = (text: string) => text.replaceAll("-", "");

Deno.test("a file that was rewritten is counted anew, so what comes after it is told right", async () => {
  await withHome(async (home, files) => {
    const look = async () => (await files.look({ name: "chat", payload: {} }))[0]?.total.inputTokens;
    await Deno.writeTextFile(`${home}/chat`, "+---------+");
    assert.equal(await look(), 2);
    await files.mend(["/home/agent/chat"], withoutMinus);
    assert.equal(await Deno.readTextFile(`${home}/chat`), "++");
    await Deno.writeTextFile(`${home}/chat`, "+", { append: true });
    assert.equal(await look(), 3);
  });
});

Deno.test("looks at the same time count what a file holds once, and miss nothing of what comes after", async () => {
  await withHome(async (home, files) => {
    const path = "/home/agent/chat";
    const look = () => files.look({ name: "chat", payload: {} });
    await Deno.writeTextFile(`${home}/chat`, "++++");
    for (const [more, total] of [["", 4], ["++", 6], ["+", 7]] as const) {
      await Deno.writeTextFile(`${home}/chat`, more, { append: true });
      const told = (await Promise.all([look(), files.lookAgain([path]), look()])).flat();
      assert.deepEqual(told.map((one) => one.total.inputTokens), [total]);
    }
    await Deno.writeTextFile(`${home}/chat`, "-+", { append: true });
    await Promise.all([look(), files.mend([path], withoutMinus), look()]);
    assert.equal(await Deno.readTextFile(`${home}/chat`), "++++++++");
  });
});

Deno.test("what leads out of the home, or is no file, is not rewritten", async () => {
  await withHome(async (home, files) => {
    const outside = `${home}/../outside`;
    await Deno.writeTextFile(outside, "a-b");
    await Deno.symlink(outside, `${home}/link`);
    await Deno.mkdir(`${home}/dir`);
    const paths = ["link", "dir", "missing", "../outside"].map((name) => `/home/agent/${name}`);
    await files.mend([...paths, outside], withoutMinus);
    assert.equal(await Deno.readTextFile(outside), "a-b");
  });
});
