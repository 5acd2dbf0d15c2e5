/** Line 9: the task's repository, seen by stock git and by plain HTTP. */
import { holds, same } from "../check.ts";
import { GitFolder, withUser } from "../git.ts";
import { call } from "../wire.ts";
import { type Job, NONE, rule, type ServerBench, type ServerCheck, type World } from "./bench.ts";

const FLAGGED = { createAssemblyLineRepo: true };

interface Access {
  readonly url: string;
  readonly token: string;
}

function accessOf(job: Job): Access {
  const { assemblyLineRepoUrl: url, assemblyLineRepoToken: token } = job.agentDefinition;
  holds(typeof url === "string" && typeof token === "string" && token !== "", "a url and a token", {
    url,
    hasToken: token !== undefined,
  });
  return { url, token };
}

async function flagged(bench: ServerBench): Promise<{ world: World; taskId: string; access: Access }> {
  const world = await bench.world([{ id: "a", trigger: FLAGGED }, "b"]);
  const { taskId, job } = await world.submitAndTake();
  return { world, taskId, access: accessOf(job) };
}

/** What the first request of a clone (or of a push) is answered, with this header. */
async function gitStatus(url: string, authorization: string | null, service = "git-upload-pack") {
  const answer = await call("GET", `${url}/info/refs?service=${service}`, {
    headers: authorization === null ? {} : { authorization },
  });
  return answer.status;
}

const basic = (user: string, token: string) => `Basic ${btoa(`${user}:${token}`)}`;
const bearer = (token: string) => `Bearer ${token}`;

async function endTask(world: World): Promise<void> {
  await world.runner.finish("success");
  await world.takeAt("b");
  await world.runner.finish("success");
}

export const REPOSITORY_CHECKS: readonly ServerCheck[] = [
  {
    id: "repository.from_flag_on",
    section: "9",
    level: "behaviour",
    says: "jobs before the flagged station get neither url nor token, that one and all later ones get both",
    async run(bench) {
      const world = await bench.world(["a", { id: "b", trigger: FLAGGED }, "c", {
        id: "d",
        trigger: FLAGGED,
      }]);
      const { job } = await world.submitAndTake();
      for (const field of ["assemblyLineRepoUrl", "assemblyLineRepoToken", "stageGitUrl", "stageGitToken"]) {
        holds(!job.agentDefinition[field], `no ${field} before the flagged station`, "there is one");
      }
      const urls: string[] = [];
      for (const id of ["b", "c", "d"]) {
        await world.runner.finish("success");
        urls.push(accessOf(await world.takeAt(id)).url);
      }
      same("one repository of the task", new Set(urls).size, 1);
      await world.runner.finish("success");
    },
  },
  {
    id: "repository.one_per_task",
    section: "9",
    level: "behaviour",
    says: "two tasks have two repositories",
    async run(bench) {
      const one = await flagged(bench);
      const two = await flagged(bench);
      holds(one.access.url !== two.access.url, "two urls", one.access.url);
      const crossed = await gitStatus(two.access.url, bearer(one.access.token));
      holds([401, 403, 404].includes(crossed), "a refusal of the other task's token", crossed);
      await endTask(one.world);
      await endTask(two.world);
    },
  },
  {
    id: "repository.before_dispatch",
    section: "9",
    level: "behaviour",
    says: "when the job is handed out, its repository is there: branch main with a commit",
    async run(bench) {
      const { world, access } = await flagged(bench);
      await using folder = await GitFolder.make();
      const cloned = await folder.git(".", "clone", "-q", withUser(access.url, "git", access.token), "repo");
      holds(cloned.isOk, "a clone", cloned.stderr);
      same("the branch", (await folder.git("repo", "symbolic-ref", "--short", "HEAD")).stdout, "main");
      const commits = await folder.git("repo", "rev-list", "--count", "HEAD");
      holds(
        commits.isOk && Number(commits.stdout) >= 1,
        "an initial commit",
        commits.stderr || commits.stdout,
      );
      await endTask(world);
    },
  },
  {
    id: "repository.url_shape",
    section: "2.5, 3 row 8",
    level: "pick",
    claim: "repo-schemes",
    says: "the url has the shape /api/git/{owner}/{project}/{repo}.git, and TaskData shows the repository",
    async run(bench) {
      const { world, taskId, access } = await flagged(bench);
      const path = new URL(access.url).pathname;
      const prefix = `/api/git/${bench.place.owner}/${bench.place.project}/`;
      holds(path.startsWith(prefix) && path.endsWith(".git"), `${prefix}{repo}.git`, path);
      const repo = (await world.task(taskId)).assemblyLineRepo as Record<string, unknown> | undefined;
      same("assemblyLineRepo.branch", repo?.["branch"], "main");
      same("assemblyLineRepo.url", repo?.["url"], access.url);
      holds(typeof repo?.["repoId"] === "string", "a repoId", repo?.["repoId"]);
      holds(Number.isInteger(repo?.["createdAt"]), "createdAt in milliseconds", repo?.["createdAt"]);
      await endTask(world);
    },
  },
  {
    id: "repository.carries_state",
    section: "9",
    level: "behaviour",
    says: "what one station pushes to main, the next one clones",
    async run(bench) {
      const { world, access } = await flagged(bench);
      await using folder = await GitFolder.make();
      await folder.git(".", "clone", "-q", withUser(access.url, "git", access.token), "one");
      await folder.commit("one", "report.md", "all fine\n");
      const pushed = await folder.git("one", "push", "-q", "origin", "main");
      holds(pushed.isOk, "the push to be taken", pushed.stderr);
      await world.runner.finish("success");
      const next = accessOf(await world.takeAt("b"));
      const cloned = await folder.git(".", "clone", "-q", withUser(next.url, "git", next.token), "two");
      holds(cloned.isOk, "a clone", cloned.stderr);
      same("the file", await folder.read("two", "report.md"), "all fine\n");
      await world.runner.finish("success");
    },
  },
  {
    id: "repository.schemes",
    section: "9, A18",
    level: "pick",
    claim: "repo-schemes",
    says: "the token is taken as Bearer, and as Basic with any user name",
    async run(bench) {
      const { world, access } = await flagged(bench);
      for (
        const header of [
          bearer(access.token),
          ...["git", "x", "any.body"].map((u) => basic(u, access.token)),
        ]
      ) {
        for (const service of ["git-upload-pack", "git-receive-pack"]) {
          same(`the status of ${service}`, await gitStatus(access.url, header, service), 200);
        }
      }
      await using folder = await GitFolder.make();
      const header = `http.extraHeader=Authorization: Bearer ${access.token}`;
      const cloned = await folder.git(".", "-c", header, "clone", "-q", access.url, "repo");
      holds(cloned.isOk, "a clone with an extra header", cloned.stderr);
      await endTask(world);
    },
  },
  {
    id: "repository.no_token",
    section: "9",
    level: "behaviour",
    says: "without a token, or with another, nothing is read or written",
    async run(bench) {
      const { world, access } = await flagged(bench);
      for (const header of [null, bearer(`${access.token}x`), basic("git", "wrong"), "Bearer "]) {
        for (const service of ["git-upload-pack", "git-receive-pack"]) {
          const status = await gitStatus(access.url, header, service);
          holds(status === 401 || status === 403, `401 or 403 to ${service}`, status);
        }
      }
      await endTask(world);
    },
  },
  {
    id: "repository.token_dies",
    section: "9",
    level: "pick",
    claim: "repo-lifetime",
    says: "each job has a token of its own, and it dies with the job",
    async run(bench) {
      const { world, access } = await flagged(bench);
      await world.runner.finish("success");
      const next = accessOf(await world.takeAt("b"));
      holds(next.token !== access.token, "another token", "the same");
      for (const service of ["git-upload-pack", "git-receive-pack"]) {
        const dead = await gitStatus(access.url, bearer(access.token), service);
        holds(dead === 401 || dead === 403, "401 or 403 to the old token", dead);
        same("the status of the new token", await gitStatus(next.url, bearer(next.token), service), 200);
      }
      await world.runner.finish("success");
      const dead = await gitStatus(next.url, bearer(next.token));
      holds(dead === 401 || dead === 403, "401 or 403 after the task", dead);
    },
  },
  {
    id: "repository.read_only_after",
    section: "9",
    level: "pick",
    claim: "repo-lifetime",
    says: "after the task has ended its user can clone the whole history, and nobody can push",
    async run(bench) {
      const { world, taskId, access } = await flagged(bench);
      await using folder = await GitFolder.make();
      await folder.git(".", "clone", "-q", withUser(access.url, "git", access.token), "repo");
      await folder.commit("repo", "a.txt", "a\n");
      await folder.git("repo", "push", "-q", "origin", "main");
      await endTask(world);
      await world.taskBecomes(taskId, { status: "completed" });
      const asUser = withUser(access.url, "user", bench.place.userToken);
      const cloned = await folder.git(".", "clone", "-q", asUser, "after");
      holds(cloned.isOk, "a clone by the user", cloned.stderr);
      same("the file", await folder.read("after", "a.txt"), "a\n");
      await folder.commit("after", "b.txt", "b\n");
      for (const url of [asUser, withUser(access.url, "r", world.runner.token)]) {
        const pushed = await folder.git("after", "push", "-q", url, "main");
        holds(!pushed.isOk, "the push to be refused", "it was taken");
      }
    },
  },
  {
    id: "repository.after_failure",
    section: "9",
    level: "pick",
    claim: "repo-lifetime",
    says: "a failed task's repository is read-only too",
    async run(bench) {
      const { world, taskId, access } = await flagged(bench);
      await world.runner.finish("failed");
      await world.taskBecomes(taskId, { status: "failed" });
      const status = await gitStatus(access.url, bearer(bench.place.userToken), "git-receive-pack");
      holds(status >= 400 && status < 500, "a refusal of pushes", status);
      same("the status of a clone", await gitStatus(access.url, bearer(bench.place.userToken)), 200);
    },
  },
  {
    id: "repository.reference_names",
    section: "2.10",
    level: "pick",
    claim: "reference-names",
    says: "stageGitUrl and stageGitToken stand beside the published names",
    async run(bench) {
      const world = await bench.world([{ id: "a", trigger: FLAGGED }, { id: "end", trigger: NONE }], {
        rules: [rule("a", "any", "end")],
      });
      const { job } = await world.submitAndTake();
      const access = accessOf(job);
      same("stageGitUrl", job.agentDefinition.stageGitUrl, access.url);
      holds(job.agentDefinition.stageGitToken === access.token, "stageGitToken, the same token", "another");
      await world.runner.finish("success");
    },
  },
];
