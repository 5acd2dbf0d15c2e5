#!/bin/sh
# Our own runner, for the checks: registers once, then runs without isolation, each job's script as its agent.
# What ALP_* mean is told in runner/bench.ts.
set -eu
main=$(dirname "$0")/../../../runner-agent/main.ts
deno=${DENO:-deno}
if [ ! -e "$ALP_DATA/is_registered" ]; then
  SHOPFLOOR_TOKEN=$ALP_USER_TOKEN "$deno" run -A --no-check "$main" register --server "$ALP_SERVER" \
    --owner "$ALP_OWNER" --project "$ALP_PROJECT" --name "$ALP_RUNNER_NAME" --labels "$ALP_RUNNER_LABELS" \
    --data "$ALP_DATA/runner"
  : > "$ALP_DATA/is_registered"
fi
unset ALP_USER_TOKEN
exec "$deno" run -A --no-check "$main" run --data "$ALP_DATA/runner" --runtime process --harness command \
  --network proxy_only --polling-interval "$ALP_POLL_SECONDS" --heartbeat-seconds "$ALP_HEARTBEAT_SECONDS"
