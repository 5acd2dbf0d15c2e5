/**
 * The documents of a project that say who is asked (Autonomy 19.7): people, schedules, policies, which gate has which
 * policy, and the private hosts that webhooks may reach. Out of the wire come times in Unix milliseconds; names that a
 * document uses and none defines are refused with their path (`people_names.ts`).
 */
import { z } from "zod";
import { documentName, instant } from "./document_name.ts";
import { checkNames } from "./people_names.ts";
import { policyDocument } from "./policy_document.ts";

const PEOPLE_MAX = 500;
const SCHEDULES_MAX = 100;
const POLICIES_MAX = 100;
const RULES_MAX = 500;
const LIST_MAX = 100;
const MINUTE_MS = 60_000;
/** A turn of a year is no rotation any more. */
const TURN_MAX_MINUTES = 527_040;
const DAY_MINUTES = 1_440;

const identity = z.string().regex(
  /^(?:github:[A-Za-z0-9][A-Za-z0-9_-]{0,98}|slack:[A-Z0-9]{2,30}|mail:[^\s@]+@[^\s@]+)$/,
  { error: "expected 'github:LOGIN', 'slack:ID' or 'mail:ADDRESS'" },
).max(300);

const channel = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("webhook"), address: z.url({ protocol: /^https?$/ }).max(2_000) }),
  z.strictObject({ kind: z.literal("mail"), address: z.email().max(300) }),
  z.strictObject({ kind: z.literal("slack"), address: z.string().regex(/^[A-Z0-9]{2,30}$/) }),
  z.strictObject({
    kind: z.literal("github"),
    address: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,98}$/),
  }),
]);

const person = z.strictObject({
  name: documentName,
  roles: z.array(documentName).max(LIST_MAX).default([]),
  groups: z.array(documentName).max(LIST_MAX).default([]),
  identities: z.array(identity).max(20).default([]),
  isSimulator: z.boolean().optional(),
  channels: z.array(channel).max(10).default([]),
  away: z.strictObject({ until: instant, to: documentName })
    .transform(({ until, to }) => ({ untilMs: until, to })).optional(),
});

const minuteOfDay = z.number().int().min(0).max(DAY_MINUTES);

const layer = z.strictObject({
  people: z.array(documentName).min(1).max(LIST_MAX),
  startsAt: instant,
  turnMinutes: z.number().int().min(1).max(TURN_MAX_MINUTES),
  days: z.array(z.number().int().min(0).max(6)).min(1).max(7).optional(),
  fromMinute: minuteOfDay.optional(),
  toMinute: minuteOfDay.optional(),
}).refine((one) => (one.fromMinute === undefined) === (one.toMinute === undefined), {
  error: "expected 'fromMinute' and 'toMinute' together",
  path: ["toMinute"],
}).refine((one) => one.fromMinute === undefined || one.fromMinute !== one.toMinute, {
  error: "expected another minute than 'fromMinute'; for all day leave both out",
  path: ["toMinute"],
}).transform(({ startsAt, turnMinutes, ...rest }) => ({
  ...rest,
  startsAtMs: startsAt,
  turnMs: turnMinutes * MINUTE_MS,
}));

const override = z.strictObject({ from: instant, until: instant, person: documentName })
  .refine((one) => one.from < one.until, { error: "expected a time after 'from'", path: ["until"] })
  .transform(({ from, until, person }) => ({ fromMs: from, untilMs: until, person }));

const schedule = z.strictObject({
  name: documentName,
  layers: z.array(layer).min(1).max(20),
  overrides: z.array(override).max(500).default([]),
});

/** An id, `*`, or what stands for asks that no line opened. */
const place = z.string().regex(
  /^(?:\*|@approval_request|@agent_wait|@pipeline_gate|@api|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$/,
  {
    error: "expected an id, '*', '@approval_request', '@agent_wait', '@pipeline_gate' or '@api'",
  },
);

const host = z.string().toLowerCase().regex(
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/,
  { error: "expected the name of a host, with a port or without" },
);

/** All documents of a project. A missing part is empty. */
export const peopleDocuments = z.strictObject({
  people: z.array(person).max(PEOPLE_MAX).default([]),
  schedules: z.array(schedule).max(SCHEDULES_MAX).default([]),
  policies: z.array(policyDocument).max(POLICIES_MAX).default([]),
  gates: z.array(z.strictObject({ line: place, gate: place, policy: documentName })).max(RULES_MAX).default(
    [],
  ),
  hosts: z.array(host).max(LIST_MAX).default([]),
}).superRefine(checkNames);

/** PUT .../people. With `expectedVersion`, only that version is replaced; 0: there is none yet. */
export const peopleInput = z.strictObject({
  documents: peopleDocuments,
  expectedVersion: z.number().int().min(0).optional(),
});

const iso = (unixMs: number) => new Date(unixMs).toISOString();

/** The documents as the wire has them; what {@link peopleDocuments} makes the same documents of. */
export function documentsBody(documents: WireSource) {
  return {
    ...documents,
    people: documents.people.map(({ away, ...rest }) => ({
      ...rest,
      ...(away === undefined ? {} : { away: { until: iso(away.untilMs), to: away.to } }),
    })),
    schedules: documents.schedules.map(({ layers, overrides, ...rest }) => ({
      ...rest,
      layers: layers.map(({ startsAtMs, turnMs, ...layer }) => ({
        ...layer,
        startsAt: iso(startsAtMs),
        turnMinutes: turnMs / MINUTE_MS,
      })),
      overrides: overrides.map(({ fromMs, untilMs, person }) => ({
        from: iso(fromMs),
        until: iso(untilMs),
        person,
      })),
    })),
  };
}

interface WireSource {
  readonly people: readonly { readonly away?: { readonly untilMs: number; readonly to: string } }[];
  readonly schedules: readonly {
    readonly layers: readonly { readonly startsAtMs: number; readonly turnMs: number }[];
    readonly overrides: readonly {
      readonly fromMs: number;
      readonly untilMs: number;
      readonly person: string;
    }[];
  }[];
}
