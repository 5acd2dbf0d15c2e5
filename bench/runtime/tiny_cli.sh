#!/bin/sh
# Stands for an agent CLI where only the runner's side of it is measured: it lists its tools, tells of each line that it is
# given as of a prompt, and works on it for ever.
body='{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
printf 'POST /mcp HTTP/1.0\r\nHost: hub\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s' \
  "${#body}" "$body" | socat -t 30 -,ignoreeof TCP:127.0.0.1:7400 >/dev/null 2>&1
printf '{"session_id":"tiny","source":"startup"}' | /run/alp/bin/agent_hook SessionStart
while IFS= read -r line; do
  printf '{"session_id":"tiny","prompt":"%s"}' "$line" | /run/alp/bin/agent_hook UserPromptSubmit
done
