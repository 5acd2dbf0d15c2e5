/**
 * Telemetry of agents and operators, as OTLP has it in JSON (Line 4.2, 5): of it we read which job it names, and whether
 * there is anything in it.
 */
import { z } from "zod";

/** What a resource says of itself; values that are no texts name no job. */
const attribute = z.looseObject({
  key: z.string().max(1_000),
  value: z.looseObject({ stringValue: z.string().max(10_000).optional() }).nullish(),
});
const resource = z.looseObject({ attributes: z.array(attribute).max(1_000).nullish() }).nullish();

const records = z.array(z.unknown()).nullish();

/** Bodies of POST /api/otel/v1/{traces,metrics,logs}: by resource, by scope, what was measured. */
export const traces = z.looseObject({
  resourceSpans: z.array(z.looseObject({
    resource,
    scopeSpans: z.array(z.looseObject({ spans: records })).nullish(),
  })).nullish(),
});
export const metrics = z.looseObject({
  resourceMetrics: z.array(z.looseObject({
    resource,
    scopeMetrics: z.array(z.looseObject({ metrics: records })).nullish(),
  })).nullish(),
});
export const logs = z.looseObject({
  resourceLogs: z.array(z.looseObject({
    resource,
    scopeLogs: z.array(z.looseObject({ logRecords: records })).nullish(),
  })).nullish(),
});

/** Everything was taken: OTLP's word for it. */
export const telemetryTaken = z.object({ partialSuccess: z.object({}) });
