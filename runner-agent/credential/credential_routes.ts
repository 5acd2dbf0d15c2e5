/**
 * The credential server's socket (Line 13), one per run. What it is for is not part of this version: the paths are
 * there and say so with a stable code, so that an agent can tell "not here" from "not allowed".
 *
 * 1. Who asks is known by the socket; an `ALP-Job-Id` header that names another job is refused (pick A15).
 */

const METHODS: Readonly<Record<string, string>> = { "/token": "GET", "/proxy": "POST" };

/** Serves `GET /token` and `POST /proxy` of one job. */
export function createCredentialHandler(jobId: string): (request: Request) => Response {
  return function credential(request) {
    const { pathname } = new URL(request.url);
    const claimed = request.headers.get("alp-job-id");
    if (claimed !== null && claimed !== jobId) {
      return refusal(403, "job_mismatch", "This socket belongs to another job than ALP-Job-Id names");
    }
    const method = METHODS[pathname];
    if (method === undefined) return refusal(404, "not_found", "Nothing is served at this path");
    if (request.method !== method) return refusal(405, "method_not_allowed", `Expected ${method}`);
    return refusal(
      501,
      "credential_server_not_available",
      "This runner hands out no service credentials",
    );
  };
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}
