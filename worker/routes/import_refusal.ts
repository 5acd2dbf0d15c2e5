/** Why a line could not be imported, as it goes out. */
import type { OnDiskError } from "../../protocol/line/on_disk.ts";
import { type HttpRefusal, refusal } from "../errors.ts";
import type { ImportError } from "../import/import_error.ts";

/** Maps what the folder lacks. */
export function folderRefusal(error: OnDiskError): HttpRefusal {
  switch (error.reason) {
    case "file_missing":
      return refusal(
        400,
        "import_file_missing",
        `Cannot import line as the folder must have '${error.path}'`,
      );
    case "not_json":
      return refusal(400, "import_not_json", `Cannot import line as '${error.path}' must be JSON`);
    case "not_an_object":
      return refusal(
        400,
        "import_not_an_object",
        `Cannot import line as '${error.path}' must be a JSON object`,
      );
  }
}

/** Maps what went wrong on the way to a repository. The repository's own words are never repeated. */
export function importRefusal(error: ImportError): HttpRefusal {
  switch (error.reason) {
    case "not_a_url":
      return refusal(
        400,
        "import_url_invalid",
        "Cannot import line as 'gitUrl' must be a URL, as https://host/path",
      );
    case "has_credentials":
      return refusal(
        400,
        "import_url_invalid",
        "Cannot import line as 'gitUrl' must have no user and no password: only public repositories are fetched",
      );
    case "not_https":
      return refusal(
        400,
        "import_url_invalid",
        `Cannot import line as 'gitUrl' must begin with https: current value begins with '${error.protocol}'`,
      );
    case "private_host":
      return refusal(
        403,
        "import_host_not_allowed",
        `Cannot import line as its host must be public: '${error.host}' is not, and SHOPFLOOR_IMPORT_HOSTS does not name it`,
      );
    case "unreachable":
      return refusal(
        502,
        "import_failed",
        `Cannot import line as host '${error.host}' did not answer in time`,
      );
    case "refused":
      return refusal(
        502,
        "import_failed",
        `Cannot import line as host '${error.host}' must answer 200: current status is ${error.status}`,
        { status: error.status },
      );
    case "too_many_redirects":
      return refusal(502, "import_failed", `Cannot import line as host '${error.host}' redirects too often`);
    case "not_git":
      return refusal(
        502,
        "import_failed",
        `Cannot import line as host '${error.host}' must speak git's smart HTTP, protocol version 2`,
      );
    case "remote_error":
      return refusal(502, "import_failed", `Cannot import line as host '${error.host}' refused to send it`);
    case "bad_pack":
      return refusal(
        502,
        "import_failed",
        "Cannot import line as what the repository sent must be a whole pack",
      );
    case "ref_not_found":
      return refusal(404, "import_ref_not_found", `Cannot find ref '${error.ref}' in the repository`);
    case "no_line":
      return refusal(
        400,
        "import_no_line",
        `Cannot import line as the repository must have a folder '.agentics' at '${error.ref}'`,
      );
    case "too_large":
      return refusal(
        413,
        "import_too_large",
        `Cannot import line as the repository must come in at most ${error.bytesMax} bytes`,
        { maxBytes: error.bytesMax },
      );
    case "too_many_files":
      return refusal(
        413,
        "import_too_large",
        `Cannot import line as its folder must hold at most ${error.filesMax} files of ${error.bytesMax} bytes in all`,
      );
  }
}
