/** Which network profiles this host and this runner's configuration allow (S2). */
import type { NetworkProfile } from "../ports.ts";
import { UnsupportedByRuntimeError } from "./unsupported.ts";

/** Throws for `open` where it is not allowed by name, or the runner is not root. */
export function requireNetwork(
  profile: NetworkProfile,
  { allowsOpenNetwork = false, isRootless }: {
    readonly allowsOpenNetwork?: boolean;
    readonly isRootless: boolean;
  },
): void {
  if (profile !== "open" || (allowsOpenNetwork && !isRootless)) return;
  const why = allowsOpenNetwork
    ? "the runner must run as root for it: this one does not"
    : "the runner must allow it: start it with --allow-open-network";
  throw new UnsupportedByRuntimeError(`Cannot create container with the network profile 'open' as ${why}`);
}
