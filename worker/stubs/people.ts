/** The people of one project: who is asked, what they are asked, and how they are told. */
import type { PeopleApi } from "../domain/people_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `People` of a project. */
export function people(env: Pick<Env, "PEOPLE">, owner: string, project: string): PeopleApi {
  return env.PEOPLE.getByName(`${owner}/${project}`) as unknown as PeopleApi;
}
