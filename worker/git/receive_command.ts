/**
 * Push commands: parsing what a client asks (`<old> <new> <ref>`), and deciding each against the refs as they are.
 * Pure; the caller decides and applies in one synchronous transaction (O1), which makes the old id a
 * compare-and-set: of two pushes that start from the same commit exactly one wins.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { isObjectId, type ObjectType, ZERO_ID } from "./object_id.ts";
import { pktText, readPktLine, readSection } from "./pkt_line.ts";
import { isRefName } from "./ref_name.ts";

export interface ReceiveCommand {
  /** {@link ZERO_ID} to create. */
  readonly oldId: string;
  /** {@link ZERO_ID} to delete. */
  readonly newId: string;
  readonly ref: string;
}

export interface ReceiveRequest {
  readonly commands: readonly ReceiveCommand[];
  readonly capabilities: ReadonlySet<string>;
  /** Where the pack starts; the length of the body if there is none. */
  readonly packStart: number;
}

/** The part of an access grant that pushes are held against. */
export interface RefPermissions {
  readonly canWrite: boolean;
  readonly allowPrefixes: readonly string[];
  readonly denyPrefixes: readonly string[];
}

/** What became of one command; `refusal` is shown to the person who pushes. */
export interface CommandOutcome {
  readonly command: ReceiveCommand;
  readonly refusal: string | null;
}

export interface MalformedRequest {
  readonly reason: "malformed_request";
  readonly detail: string;
}

/** Where the commands of a push end, in the bytes that came so far: at the first flush. Null: not yet. */
export function endOfCommands(bytes: Uint8Array): Result<number | null, MalformedRequest> {
  let at = 0;
  for (;;) {
    const read = readPktLine(bytes, at);
    if (!read.ok) {
      return read.error.reason === "truncated"
        ? ok(null)
        : err({ reason: "malformed_request", detail: "the commands are not in pkt-line format" });
    }
    at = read.value.end;
    if (read.value.line.kind === "flush") return ok(at);
  }
}

/** Reads the commands before the pack. A body of one flush (git's probe before a long push) has no commands. */
export function parseReceiveRequest(body: Uint8Array): Result<ReceiveRequest, MalformedRequest> {
  const malformed = (detail: string) => err<MalformedRequest>({ reason: "malformed_request", detail });
  const section = readSection(body);
  if (!section.ok) return malformed("the commands are not in pkt-line format");
  const commands: ReceiveCommand[] = [];
  let capabilities = new Set<string>();
  for (const line of section.value.lines) {
    const [command = "", listed] = pktText(line).split("\0");
    if (command.startsWith("shallow ")) continue;
    if (listed !== undefined) capabilities = new Set(listed.split(" ").filter((word) => word !== ""));
    const [oldId = "", newId = "", ...rest] = command.split(" ");
    const ref = rest.join(" ");
    if (!isObjectId(oldId) || !isObjectId(newId) || ref === "") {
      return malformed("a command is not <old> <new> <ref>");
    }
    commands.push({ oldId, newId, ref });
  }
  return ok({ commands, capabilities, packStart: section.value.end });
}

/** Why `permissions` do not let the client change `ref`; null if they do. Deny comes before allow. */
export function refusalOfRef(permissions: RefPermissions, ref: string): string | null {
  if (!permissions.canWrite) return "this repository is read-only for you";
  if (permissions.denyPrefixes.some((prefix) => ref.startsWith(prefix))) return "you may not change this ref";
  if (permissions.allowPrefixes.some((prefix) => ref.startsWith(prefix))) return null;
  return `you may only change ${permissions.allowPrefixes.join(", ") || "nothing"}`;
}

/** What {@link decideCommands} is told about the repository, as it is in the same transaction. */
export interface RefsView {
  /** The id that a ref has now; undefined if it does not exist. */
  readonly refs: ReadonlyMap<string, string>;
  /** The ref that HEAD names; it cannot be deleted. */
  readonly headRef: string;
  /** The type of a stored or just received object. */
  typeOf(id: string): ObjectType | undefined;
}

/**
 * Decides all commands of one push, each on its own; with `isAtomic` one refusal refuses the rest too.
 * Two commands for one ref are both refused, as their order would decide.
 */
export function decideCommands(
  commands: readonly ReceiveCommand[],
  permissions: RefPermissions,
  view: RefsView,
  isAtomic: boolean,
): CommandOutcome[] {
  const outcomes = commands.map((command): CommandOutcome => {
    const twice = commands.some((other) => other !== command && other.ref === command.ref);
    return {
      command,
      refusal: twice ? "multiple updates for one ref" : refusalOf(command, permissions, view),
    };
  });
  const failed = outcomes.some(({ refusal }) => refusal !== null);
  if (!isAtomic || !failed) return outcomes;
  return outcomes.map(({ command, refusal }) => ({ command, refusal: refusal ?? "atomic push failed" }));
}

function refusalOf(command: ReceiveCommand, permissions: RefPermissions, view: RefsView): string | null {
  const { oldId, newId, ref } = command;
  if (!isRefName(ref)) return "funny refname";
  const refused = refusalOfRef(permissions, ref);
  if (refused !== null) return refused;
  if ((view.refs.get(ref) ?? ZERO_ID) !== oldId) {
    return "stale info: the ref was changed meanwhile, fetch first";
  }
  if (newId === ZERO_ID) return ref === view.headRef ? "refusing to delete the default branch" : null;
  const type = view.typeOf(newId);
  if (type === undefined) return "missing necessary objects";
  if (ref.startsWith("refs/heads/") && type !== "commit") return "a branch must name a commit";
  const clash = oldId === ZERO_ID ? clashingRef(ref, view.refs) : undefined;
  return clash === undefined
    ? null
    : `${clash} exists, and one name cannot be both a ref and a folder of refs`;
}

/** A ref that is a parent folder of `ref` or inside it: clients that keep refs as files cannot hold both. */
function clashingRef(ref: string, refs: ReadonlyMap<string, string>): string | undefined {
  for (const name of refs.keys()) if (name.startsWith(ref + "/") || ref.startsWith(name + "/")) return name;
  return undefined;
}
