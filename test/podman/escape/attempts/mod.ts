/** All attempts that one sandbox serves, in their order: what spoils something comes late. */
import type { Attempt } from "../attempt.ts";
import { git } from "./git.ts";
import { hub } from "./hub.ts";
import { kernel } from "./kernel.ts";
import { links } from "./links.ts";
import { mounts } from "./mounts.ts";
import { neighbours } from "./neighbours.ts";
import { network } from "./network.ts";
import { secrets } from "./secrets.ts";
import { signals } from "./signals.ts";

export const GROUPS: readonly (readonly [name: string, attempts: readonly Attempt[]])[] = [
  ["network", network],
  ["hub, model and proxy", hub],
  ["mounts, namespaces and files", mounts],
  ["rights and system calls", kernel],
  ["secrets", secrets],
  ["other agents", neighbours],
  ["git", git],
  ["links and pipes", links],
  ["signals", signals],
];
