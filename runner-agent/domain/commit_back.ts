/**
 * Where the work goes besides the task's repository after a successful run with `autoGit` (Line 2.7, 18). Pure.
 *
 * 1. `runner` leaves the project's origin alone: nothing is pushed, the agent pushes through the hub if it wants to.
 * 2. `agentics-repo` is pushed to with the job's token, or with the credential of this machine that the job names, and no
 *    other; either goes only to an address that comes with it, or is below the credential's (`credential.ts`), and never
 *    through an address that has a credential of its own.
 * 3. A token travels over https, or in clear to a loopback address.
 * 4. The reference's legacy `projectRepoToken` is not read at all.
 */
import type { AgentDefinition, CommitBackRepository } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { authorizationOf, isSafeForToken } from "./credential.ts";

export type CommitBackTarget =
  /** @property authorization The value of a header. */
  | { readonly kind: "token"; readonly url: string; readonly authorization: string }
  /** @property credential The name of one that this machine must have. */
  | { readonly kind: "credential"; readonly url: string; readonly credential: string };

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
  if (!isSafeForToken(url)) return refuse("`url` must be an https address: a token is not sent in clear");
  const { token = "", credential = "" } = asked;
  // As it was written: what reading it changes is the credential's to judge.
  if (token === "" && credential !== "") return ok({ kind: "credential", url: asked.url!, credential });
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return refuse(
      "`agentics-repo` must come with a `token` or name a `credential`: there is none that can be sent",
    );
  }
  return ok({ kind: "token", url: url.href, authorization: authorizationOf("basic", token) });
}

/** A line of ours may name one, without a token: those are not kept in lines. */
function stationsOwn({ operatorConfig }: AgentDefinition): Partial<CommitBackRepository> | undefined {
  const told = operatorConfig["commitBackRepository"];
  if (typeof told !== "object" || told === null) return undefined;
  const { url, credentialKind, credential } = told as Partial<CommitBackRepository>;
  return {
    ...(url === undefined ? {} : { url }),
    ...(credentialKind === undefined ? {} : { credentialKind }),
    ...(typeof credential === "string" ? { credential } : {}),
  };
}
