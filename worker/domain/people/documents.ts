/**
 * The documents of a project that say who people are and how they are reached (Autonomy 19.7), as they are kept: times in
 * integer Unix milliseconds. How they look on the wire, and every check, is in `protocol/autonomy/people.ts`.
 */
import type { GatePolicy } from "../gate/policy.ts";

/** How a person is told: `webhook` gets a signed hint and never a link; the others get a link of the person's own. */
export type ChannelKind = "webhook" | "mail" | "slack" | "github";

export interface PersonChannel {
  readonly kind: ChannelKind;
  readonly address: string;
}

/** A named human of the project, or a simulator that stands for one. The principal is `user:{name}`. */
export interface PersonDocument {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** `github:LOGIN`, `slack:ID`, `mail:ADDRESS`: no two persons share one. */
  readonly identities: readonly string[];
  readonly isSimulator?: boolean;
  readonly channels: readonly PersonChannel[];
  /** Out of office: until then, who is asked instead. */
  readonly away?: { readonly untilMs: number; readonly to: string };
}

/** Persons who take turns; from `startsAtMs` on one of them at a time. Days and minutes are UTC, day 0 is Sunday. */
export interface ScheduleLayer {
  readonly people: readonly string[];
  readonly startsAtMs: number;
  readonly turnMs: number;
  /** Days on which the layer is active; absent: all. A window over midnight belongs to the day that it begins on. */
  readonly days?: readonly number[];
  /** Minutes of the day from and before which it is active; absent: all day. */
  readonly fromMinute?: number;
  readonly toMinute?: number;
}

export interface ScheduleOverride {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly person: string;
}

export interface ScheduleDocument {
  readonly name: string;
  /** A later layer lies on the ones before it: where it is active, its person is on call and no other. */
  readonly layers: readonly ScheduleLayer[];
  /** Before every layer; of two that overlap the later one in the list counts. */
  readonly overrides: readonly ScheduleOverride[];
}

/** A policy says only what differs from `DEFAULT_POLICY`. */
export type PolicyDocument =
  & { readonly name: string }
  & Partial<Omit<GatePolicy, "candidates" | "quorum" | "clocks">>
  & {
    readonly candidates?: Partial<GatePolicy["candidates"]>;
    readonly quorum?: Partial<GatePolicy["quorum"]>;
    readonly clocks?: Partial<GatePolicy["clocks"]>;
  };

/**
 * Which gates a policy is for: an id or `*`. Asks that no line opened are of the lines `@approval_request`, `@agent_wait`,
 * `@pipeline_gate` and `@api`. An exact line goes before an exact gate, and that before `*`; of two alike the first counts.
 */
export interface GateRule {
  readonly line: string;
  readonly gate: string;
  readonly policy: string;
}

export interface PeopleDocuments {
  readonly people: readonly PersonDocument[];
  readonly schedules: readonly ScheduleDocument[];
  readonly policies: readonly PolicyDocument[];
  readonly gates: readonly GateRule[];
  /** Private destinations, `host` or `host:port`, that webhooks of this project may reach, and over plain HTTP. */
  readonly hosts: readonly string[];
}

/** A project into which nobody put any. */
export const NO_DOCUMENTS: PeopleDocuments = {
  people: [],
  schedules: [],
  policies: [],
  gates: [],
  hosts: [],
};
