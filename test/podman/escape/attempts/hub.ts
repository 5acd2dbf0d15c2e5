/** Ways through the one socket that there is: paths, headers and requests that the hub, the model's route and the proxy refuse. */
import type { Attempt } from "../attempt.ts";

const asked = (
  name: string,
  script: string,
  seen: RegExp,
  invariant: "S1" | "S2" | "hub" = "hub",
): Attempt => ({
  name,
  invariant,
  bound: invariant === "S1" ? "the runner's credentials are on no route" : "the hub's routes",
  script,
  seen,
});
const NOT_FOUND = /^(HTTP\/1\.1 404 Not Found\nnot_found\n)+$/;
const ROUTE = "/model/anthropic";

export const hub: readonly Attempt[] = [
  asked(
    "paths of the hub with dots, escapes and backslashes",
    String
      .raw`for path in /../../etc/passwd /git/project.git/../../../etc/passwd /%2e%2e/%2e%2e/etc/passwd '/..\\..\\etc\\passwd' //etc/passwd /run/alp/; do get GET "$path"; done`,
    NOT_FOUND,
  ),
  asked(
    "the path of another project",
    `for path in /api/owners/acme/projects/other/tasks /api/owners/evil/projects/web/tasks /api/owners /api/people /healthz2; do get GET $path; done`,
    NOT_FOUND,
  ),
  asked(
    "the repository of another task",
    `get GET "/api/git/acme/web/$VICTIM_TASK.git/info/refs?service=git-upload-pack"; get GET "/git/../api/git/acme/web/$VICTIM_TASK.git/info/refs"`,
    NOT_FOUND,
  ),
  asked(
    "files of a repository that are not git's protocol",
    `for path in /git/assembly-line.git/config /git/assembly-line.git/HEAD /git/assembly-line.git/objects/info/packs /git/project.git/config /git/project.git/hooks/pre-receive; do get GET $path; done`,
    /^(HTTP\/1\.1 (404|403)[^\n]*\n([a-z_]+\n)?){5}$/,
  ),
  asked(
    "a claim of a job, with the agent's own token, with another's and with none",
    `for token in "$AGENTICS_TOKEN" runner-token-guessed ""; do get POST /api/owners/acme/projects/web/runners/jobs "Authorization: Bearer $token"; done`,
    /^(HTTP\/1\.1 401 Unauthorized\nunauthenticated\n){3}$/,
    "S1",
  ),
  asked(
    "a report about the neighbour's run",
    `get POST "/api/owners/acme/projects/web/runs/$VICTIM_RUN/jobs/$VICTIM_JOB/logs?sequence=0&offset=0" "Authorization: Bearer $AGENTICS_TOKEN"`,
    /^HTTP\/1\.1 401 Unauthorized\nunauthenticated\n$/,
    "S1",
  ),
  asked(
    "a request for an absolute address",
    `for to in "http://127.0.0.1:$PORT_LOOPBACK/" "http://$HOST_ADDRESS:$PORT_ANY/x" "http://[::1]:$PORT_IPV6/" "file:///etc/passwd"; do get GET "$to"; done`,
    /^(HTTP\/1\.1 4\d\d[^\n]*\n([a-z_]+\n)?){4}$/,
    "S2",
  ),
  asked(
    "a host header that names another machine",
    String
      .raw`for host in 127.0.0.1:$PORT_LOOPBACK evil.example "hub@127.0.0.1:$PORT_LOOPBACK" "a b"; do status "GET /model/anthropic/../../x HTTP/1.1\r\nHost: $host\r\nX-Forwarded-Host: evil\r\nConnection: close\r\n\r\n"; done`,
    /^(HTTP\/1\.1 40[04][^\n]*\n([a-z_]+\n)?){4}$/,
    "S2",
  ),
  asked(
    "CONNECT and other methods at the hub",
    String
      .raw`status "CONNECT 127.0.0.1:$PORT_LOOPBACK HTTP/1.1\r\nHost: x\r\n\r\n"; get TRACE /model/anthropic/v1; get PUT /model/anthropic/v1; get DELETE /mcp; get GET /operator/complete`,
    /^(HTTP\/1\.1 (4\d\d|502)[^\n]*\n([a-z_]+\n)?){5}$/,
    "S2",
  ),
  asked(
    "a second request hidden behind the first by contradicting lengths",
    String
      .raw`http "POST /model/anthropic/v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" | grep -E "^HTTP|not_found"
      http "POST /model/anthropic/v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 40\r\nConnection: close\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n" | grep -E "^HTTP|not_found"; echo tried`,
    /tried/,
  ),
  asked(
    "a header with a line break",
    String
      .raw`http "GET /model/anthropic/v1 HTTP/1.1\r\nHost: h\r\nX-A: b\nX-Api-Key: other\r\nConnection: close\r\n\r\n" | head -n1; http "GET /healthz HTTP/1.1\r\nHost: h\r\nX\tY: z\r\nConnection: close\r\n\r\n" | head -n1; echo tried`,
    /HTTP\/1\.1 [24]\d\d[\s\S]*tried/,
  ),
  asked(
    "headers of a megabyte, and a thousand of them",
    String
      .raw`{ printf 'GET /healthz HTTP/1.1\r\nHost: h\r\nX: '; head -c 1000000 /dev/zero | tr '\0' a; printf '\r\n\r\n'; } | timeout 5 socat -t2 - TCP:127.0.0.1:7400 2>/dev/null | head -n1
      { printf 'GET /healthz HTTP/1.1\r\nHost: h\r\n'; for n in $(seq 2000); do printf 'X-%d: a\r\n' $n; done; printf '\r\n'; } | timeout 5 socat -t2 - TCP:127.0.0.1:7400 2>/dev/null | head -n1; get GET /healthz`,
    /HTTP\/1\.1 200 OK\n$/,
  ),
  asked(
    "paths of the model's route that leave its base",
    String
      .raw`for path in ${ROUTE}/../x ${ROUTE}/..%2f..%2fadmin ${ROUTE}/%2e%2e/admin '${ROUTE}/..;/admin' ${ROUTE}//evil.example/x ${ROUTE}/v1/..%5c..%5cx '${ROUTE}@evil.example/' '${ROUTE}/\\\\evil'; do get POST "$path"; done`,
    /^(HTTP\/1\.1 404 Not Found\n(model_path_not_allowed|not_found)\n){8}$/,
    "S2",
  ),
  asked(
    "a redirect of the model's provider to the host",
    `get POST ${ROUTE}/v1/redirect`,
    /^HTTP\/1\.1 502 Bad Gateway\nmodel_redirect_refused\n$/,
    "S2",
  ),
  asked(
    "the model's key from a provider that repeats it",
    String
      .raw`http "POST ${ROUTE}/v1/messages?key=mine HTTP/1.1\r\nHost: h\r\nX-Api-Key: mine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"`,
    /200 OK[\s\S]*key \[REDACTED\] of \[REDACTED\]|200 OK[\s\S]*key .*redacted/i,
    "S1",
  ),
  asked(
    "the model's route of a provider that this run has no use for",
    `for path in /model/openai/v1/models /model/gemini/v1 /model/ /model/anthropicx/v1; do get GET $path; done`,
    NOT_FOUND,
    "S1",
  ),
  asked(
    "the egress proxy, with CONNECT, plainly and under another job's name",
    String
      .raw`for line in "CONNECT 127.0.0.1:$PORT_LOOPBACK HTTP/1.1" "CONNECT example.com:443 HTTP/1.1" "GET http://127.0.0.1:$PORT_ANY/ HTTP/1.1"; do printf "$line\r\nHost: x\r\n\r\n" | timeout 5 socat -t3 -,ignoreeof TCP:127.0.0.1:3128 | head -n1; done
      printf "GET http://a/ HTTP/1.1\r\nALP-Job-Id: $VICTIM_JOB\r\n\r\n" | timeout 5 socat -t3 -,ignoreeof TCP:127.0.0.1:3128 | head -n1`,
    /^(HTTP\/1\.1 501[^\n]*\n){3}HTTP\/1\.1 (403|501)/,
    "S2",
  ),
  asked(
    "the credential server, for a token that is nobody's",
    String
      .raw`for path in /token /token?job=$VICTIM_JOB /../x; do printf "GET $path HTTP/1.1\r\nHost: alp\r\nALP-Job-Id: $VICTIM_JOB\r\nConnection: close\r\n\r\n" | timeout 5 socat -t3 -,ignoreeof UNIX-CONNECT:/run/alp/cred.sock | head -n1; done; echo tried`,
    /^(HTTP\/1\.1 [45]\d\d[^\n]*\n){3}tried/,
    "S1",
  ),
  asked(
    "more connections to the hub than it serves",
    String
      .raw`for n in $(seq 80); do socat -T2 - TCP:127.0.0.1:7400 </dev/null >/dev/null 2>&1 & done; wait; for n in $(seq 100); do [ $(ps | grep -c '[s]ocat') -gt 4 ] || break; sleep 0.1; done; get GET /healthz`,
    /HTTP\/1\.1 200 OK\n$/,
  ),
];
