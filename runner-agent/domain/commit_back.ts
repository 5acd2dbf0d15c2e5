/**
 * Where the work goes besides the task's repository after a successful run with `autoGit` (Line 2.7, 18). Pure.
 *
 * 1. `runner` leaves the project's origin alone: nothing is pushed, the agent pushes through the hub if it wants to.
 * 2. `agentics-repo` is pushed to with the job's token and no other credential; the token never goes to an address that does
 *    not come with it, and never through an address that has a credential of its own.
 * 3. The reference's legacy `projectRepoToken` is not read at all.
 */
import type { AgentDefinition, CommitBackRepository } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

export interface CommitBackTarget {
  readonly url: string;
  /** The value of a header. */
  readonly authorization: string;
}

/** The user of HTTP Basic beside a token, by which servers tell it from a password. */
const TOKEN_USER = "x-access-token";

/** Null: nothing is to be pushed. The error is for people. */
export function commitBackTarget(work: AgentDefinition): Result<CommitBackTarget | null, string> {
  const asked: Partial<CommitBackRepository> | undefined = work.commitBackRepository ?? stationsOwn(work);
  if (!work.autoGit || asked === undefined || asked.credentialKind === "runner") return ok(null);
  const refuse = (hint: string) => err(`Cannot push to commitBackRepository as ${hint}`);
  if (asked.credentialKind !== "agentics-repo") {
    return refuse("`credentialKind` must be `runner` or `agentics-repo`: it is another");
  }
  const url = URL.parse(asked.url ?? "");
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    return refuse("`url` must be an http or https address without a credential: it is not");
  }
  const { token = "" } = asked;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return refuse("`agentics-repo` must come with a `token`: there is none that can be sent");
  }
  return ok({ url: url.href, authorization: `Basic ${btoa(`${TOKEN_USER}:${token}`)}` });
}

/** A line of ours may name one, without a token: those are not kept in lines. */
function stationsOwn({ operatorConfig }: AgentDefinition): Partial<CommitBackRepository> | undefined {
  const told = operatorConfig["commitBackRepository"];
  if (typeof told !== "object" || told === null) return undefined;
  const { url, credentialKind } = told as Partial<CommitBackRepository>;
  return {
    ...(url === undefined ? {} : { url }),
    ...(credentialKind === undefined ? {} : { credentialKind }),
  };
}
