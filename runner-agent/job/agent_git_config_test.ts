import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { agentGitFiles } from "./agent_git_config.ts";

const HUB = "http://127.0.0.1:7400";

function job(stationName: string, token?: string): PolledJob {
  return {
    id: "j",
    attempt: 1,
    stationName,
    taskTitle: "t",
    needs: [],
    agentDefinition: {
      labels: [],
      taskId: "t",
      stageId: "s",
      assemblyLineId: "l",
      prompt: "",
      appendSystemPrompt: "",
      initBranch: false,
      autoGit: false,
      commitMessageTemplate: "",
      idleTimeoutMinutes: 2,
      maxTimeoutMinutes: 60,
      operatorConfig: {},
      ...(token === undefined ? {} : { assemblyLineRepoToken: token }),
    },
  };
}

Deno.test("agentGitFiles() lets stock git fill the job's credential for the hub, and for nothing else", async () => {
  const home = await Deno.makeTempDir();
  const files = agentGitFiles(job("Check", "sf_repository_x"), HUB);
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${home}/${name}`, text);
  async function fill(host: string): Promise<string> {
    const git = new Deno.Command("git", {
      args: ["credential", "fill"],
      clearEnv: true,
      env: {
        HOME: home,
        PATH: Deno.env.get("PATH") ?? "",
        GIT_TERMINAL_PROMPT: "0",
        GIT_CONFIG_NOSYSTEM: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = git.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`protocol=http\nhost=${host}\n\n`));
    await writer.close();
    return new TextDecoder().decode((await git.output()).stdout);
  }
  assert.match(await fill("127.0.0.1:7400"), /username=git\npassword=sf_repository_x\n/);
  assert.doesNotMatch(await fill("example.com"), /sf_repository_x/);
  await Deno.remove(home, { recursive: true });
});

Deno.test("agentGitFiles() has no credential when the task has no repository for agents yet", () => {
  assert.deepEqual(Object.keys(agentGitFiles(job("Check"), HUB)), [".gitconfig"]);
});

Deno.test("agentGitFiles() keeps a station's name from becoming configuration", () => {
  const text = agentGitFiles(job('x"\n[core]\n\tfsmonitor = evil'), HUB)[".gitconfig"]!;
  assert.doesNotMatch(text, /^\[core\]/m);
});
