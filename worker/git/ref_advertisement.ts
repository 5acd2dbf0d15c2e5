/**
 * What the server says first: the refs with the capabilities (protocol 0, and every push), the capabilities alone
 * (protocol 2), and the answer to protocol 2's `ls-refs`. Pure.
 */
import { concatBytes } from "./bytes.ts";
import { ZERO_ID } from "./object_id.ts";
import { DELIMITER, FLUSH, type PktLine, pktLine, pktText } from "./pkt_line.ts";

export type GitService = "git-upload-pack" | "git-receive-pack";

export interface AdvertisedRef {
  readonly name: string;
  readonly id: string;
  /** What an annotated tag finally names; null for everything else. */
  readonly peeledId: string | null;
}

export interface AdvertisedRefs {
  /** Sorted by name. */
  readonly refs: readonly AdvertisedRef[];
  /** What HEAD names, e.g. `refs/heads/main`. */
  readonly headRef: string;
}

const AGENT = "agent=shopfloor";
const UPLOAD_CAPABILITIES =
  "multi_ack_detailed no-done side-band-64k thin-pack ofs-delta shallow deepen-since " +
  "deepen-not deepen-relative no-progress include-tag filter allow-tip-sha1-in-want allow-reachable-sha1-in-want " +
  `object-format=sha1 ${AGENT}`;
const RECEIVE_CAPABILITIES =
  `report-status delete-refs side-band-64k ofs-delta atomic quiet object-format=sha1 ${AGENT}`;

function serviceHeader(service: GitService): Uint8Array {
  return concatBytes([pktLine(`# service=${service}\n`), FLUSH]);
}

/** HEAD as a ref of its own, if the branch exists. */
function headOf({ refs, headRef }: AdvertisedRefs): AdvertisedRef[] {
  const target = refs.find((ref) => ref.name === headRef);
  return target === undefined ? [] : [{ name: "HEAD", id: target.id, peeledId: null }];
}

/** `info/refs` in protocol 0. */
export function advertiseRefs(service: GitService, advertised: AdvertisedRefs): Uint8Array {
  const isUpload = service === "git-upload-pack";
  const lines: string[] = [];
  for (const ref of isUpload ? [...headOf(advertised), ...advertised.refs] : advertised.refs) {
    lines.push(`${ref.id} ${ref.name}`);
    if (isUpload && ref.peeledId !== null) lines.push(`${ref.peeledId} ${ref.name}^{}`);
  }
  if (lines.length === 0) lines.push(`${ZERO_ID} capabilities^{}`);
  const symref = `symref=HEAD:${advertised.headRef}`;
  lines[0] += "\0" + (isUpload ? `${UPLOAD_CAPABILITIES} ${symref}` : RECEIVE_CAPABILITIES);
  return concatBytes([serviceHeader(service), ...lines.map((line) => pktLine(line + "\n")), FLUSH]);
}

/** `info/refs` of upload-pack in protocol 2. */
export function advertiseProtocol2(): Uint8Array {
  const lines = ["version 2", AGENT, "ls-refs=unborn", "fetch=shallow filter", "object-format=sha1"];
  return concatBytes([serviceHeader("git-upload-pack"), ...lines.map((line) => pktLine(line + "\n")), FLUSH]);
}

/** Protocol 2, `ls-refs`: `args` are the lines after the delimiter. */
export function answerLsRefs(args: readonly string[], advertised: AdvertisedRefs): Uint8Array {
  const prefixes = args.filter((arg) => arg.startsWith("ref-prefix ")).map((arg) =>
    arg.slice("ref-prefix ".length)
  );
  const isWanted = (name: string) =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix));
  const head = headOf(advertised);
  const lines: Uint8Array[] = [];
  for (const ref of [...head, ...advertised.refs]) {
    if (!isWanted(ref.name)) continue;
    const symref = ref.name === "HEAD" && args.includes("symrefs")
      ? ` symref-target:${advertised.headRef}`
      : "";
    const peeled = ref.peeledId !== null && args.includes("peel") ? ` peeled:${ref.peeledId}` : "";
    lines.push(pktLine(`${ref.id} ${ref.name}${symref}${peeled}\n`));
  }
  if (head.length === 0 && args.includes("unborn") && isWanted("HEAD")) {
    lines.push(pktLine(`unborn HEAD symref-target:${advertised.headRef}\n`));
  }
  return concatBytes([...lines, FLUSH]);
}

/** A protocol 2 request: the command, and the argument lines after the delimiter. */
export function parseProtocol2(
  lines: readonly PktLine[],
): { readonly command: string; readonly args: string[] } {
  const delimiter = lines.findIndex((line) => line.kind === "delimiter");
  const heads = (delimiter < 0 ? lines : lines.slice(0, delimiter)).map(pktText);
  const command = heads.find((line) => line.startsWith("command="))?.slice("command=".length) ?? "";
  const args = delimiter < 0
    ? []
    : lines.slice(delimiter + 1).filter((line) => line.kind === "data").map(pktText);
  return { command, args };
}

/** A fatal answer that git shows as `fatal: remote error: <message>`. */
export function errorLine(message: string): Uint8Array {
  return pktLine(`ERR ${message}\n`);
}

/** Joins the parts of a protocol 2 answer with delimiters. */
export function joinSections(sections: readonly Uint8Array[]): Uint8Array {
  return concatBytes(sections.flatMap((section, i) => i === 0 ? [section] : [DELIMITER, section]));
}
