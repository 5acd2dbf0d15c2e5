/**
 * What a job costs the control plane by Cloudflare's list prices, before what a plan includes: an estimate from counted
 * rows, requests and time, not a bill. From `bench/results/fleet.json` (submitted, claimed, reported: $2.03 a million) and
 * `bench/results/output.json` (output in batches of 10 s and a timeline, kept a month: $105.48 a million).
 */
export const PLATFORM_USD_PER_JOB = (2.03 + 105.48) / 1e6;
