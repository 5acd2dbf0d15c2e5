/** Why a project's people, worklist or webhooks were not read or changed, as it goes out. */
import type { PeopleError } from "../domain/people_api.ts";
import { type HttpRefusal, refusal } from "../errors.ts";

export function peopleRefusal(error: PeopleError): HttpRefusal {
  switch (error.reason) {
    case "documents_invalid": {
      const first = error.issues[0];
      const why = `Cannot use body at 'documents.${first?.path ?? ""}': ${
        first?.message ?? "it does not fit"
      }`;
      const issues = error.issues.map(({ path, message }) => ({ path: `documents.${path}`, message }));
      return refusal(400, "invalid_input", why, { issues });
    }
    case "version_conflict":
      return refusal(
        409,
        "version_conflict",
        `Cannot put the documents as 'expectedVersion' must be that of the newest: current value is ${error.version}`,
        { version: error.version },
      );
    case "generation_conflict":
      return refusal(
        409,
        "generation_conflict",
        `Cannot rotate the key as 'expectedGeneration' must be that of the webhook: current value is ${error.generation}`,
        { generation: error.generation },
      );
    case "not_found":
      return refusal(
        404,
        `${error.what}_not_found`,
        `Cannot find ${error.what} '${error.id}' in this project`,
      );
    case "url_refused":
      return refusal(400, "url_refused", `Cannot use 'url': ${URL_WORDS[error.why]}`, { why: error.why });
    case "too_many_webhooks":
      return refusal(
        409,
        "too_many_webhooks",
        `Cannot make another webhook as a project may have at most ${error.webhooksMax}`,
        { webhooksMax: error.webhooksMax },
      );
    case "webhook_of_person":
      return refusal(
        409,
        "webhook_of_person",
        `Cannot change this webhook's address as it is a channel of '${error.person}': change the person's document`,
      );
    case "webhook_disabled":
      return refusal(
        409,
        "webhook_disabled",
        `Cannot send to webhook '${error.id}' as it must be enabled: it is disabled because of '${error.why}'`,
        { why: error.why },
      );
    case "not_replayable":
      return refusal(
        409,
        "not_replayable",
        `Cannot replay delivery '${error.id}' as it must be a webhook: the links of other notices are made for one try`,
      );
    case "answer_not_kept":
      return refusal(
        409,
        "answer_not_kept",
        "Cannot answer this again: the webhook was made, and its secret was in the first answer only. Rotate its key for another one",
        { webhookId: error.id },
      );
    case "cursor_unreadable":
      return refusal(
        400,
        "invalid_cursor",
        "Cannot go on behind this cursor: expected 'nextCursor' of a page of the same list",
      );
  }
}

const URL_WORDS = {
  not_a_url: "expected a URL, as https://host/path",
  not_https: "expected HTTPS; plain HTTP is for hosts that the documents allow by name in 'hosts'",
  has_credentials: "expected no user and no password in it",
  private_host: "expected a public host; private ones must be allowed by name in 'hosts' of the documents",
} as const;
