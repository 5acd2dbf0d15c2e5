/**
 * The named credentials of this machine's settings file: tokens for repositories and marketplaces that jobs name (ADR 0059).
 * No token, command or other address is in an error (S1).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { authorizationOf, chooseCredential, type CredentialSetting } from "../domain/credential.ts";
import type { ModelTokens } from "../ports.ts";

export interface NamedCredentials {
  /** Null: it may be used for this address; else why not, for people. Runs no command. */
  fault(name: string, address: string): string | null;
  /** The value of the header `Authorization` for a request to this address; the error is for people. Never rejects. */
  authorizationFor(name: string, address: string): Promise<Result<string, string>>;
  /** Its last token may have been refused: the next one is minted anew. */
  drop(name: string): void;
}

/** @param tokensOf Where the tokens of one come from: its command, with a cache. */
export function createNamedCredentials(
  credentials: readonly CredentialSetting[],
  tokensOf: (credential: CredentialSetting) => ModelTokens,
): NamedCredentials {
  const tokens = new Map(credentials.map((one) => [one.name, tokensOf(one)]));
  const given = new Map<string, string>();
  return {
    fault(name, address) {
      const chosen = chooseCredential(credentials, name, address);
      return chosen.ok ? null : chosen.error;
    },
    async authorizationFor(name, address) {
      const chosen = chooseCredential(credentials, name, address);
      if (!chosen.ok) return chosen;
      try {
        const token = await tokens.get(name)!.current();
        given.set(name, token);
        return ok(authorizationOf(chosen.value.scheme, token));
      } catch (error) {
        return err(error instanceof Error ? error.message : `the command of the credential '${name}' failed`);
      }
    },
    drop(name) {
      const token = given.get(name);
      if (token !== undefined) tokens.get(name)?.drop(token);
    },
  };
}
