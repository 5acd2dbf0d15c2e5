/** Whether each named credential of this machine has a token, for `runner doctor`. Tokens are minted for real; none is shown (S1). */
import type { NamedCredentials } from "../credential/named_credentials.ts";
import type { CredentialSetting } from "../domain/credential.ts";
import type { DoctorLine } from "../ports.ts";

/** Rejects for nothing: what goes wrong is a line. */
export async function credentialDoctor(
  settings: readonly CredentialSetting[],
  credentials: NamedCredentials,
): Promise<readonly DoctorLine[]> {
  return await Promise.all(settings.map(async ({ name, address }): Promise<DoctorLine> => {
    const minted = await credentials.authorizationFor(name, address);
    return {
      check: `credential ${name}`,
      isOk: minted.ok,
      detail: minted.ok ? `for ${address}` : minted.error,
      disables: "jobs that name it",
    };
  }));
}
