/** Ways to what the runner keeps for itself: keys, tokens, environments (S1). What an attempt prints is searched for each secret. */
import type { Attempt } from "../attempt.ts";

export const secrets: readonly Attempt[] = [
  {
    name: "the whole environment, and that of every process",
    invariant: "S1",
    bound: "no real credential inside",
    script:
      `env; export -p; for f in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do tr '\\0' '\\n' <$f 2>/dev/null; done; cat /proc/1/environ | tr '\\0' '\\n' | grep -c .`,
    seen: /AGENTICS_TOKEN=[\s\S]*SHOPFLOOR_HUB=[\s\S]*\n\d+\n$/,
  },
  {
    name: "every file that can be read, searched for keys and tokens",
    invariant: "S1",
    bound: "no real credential inside",
    script:
      `grep -rahoE --exclude-dir=attempts 'canary-[a-z-]+-[0-9a-f-]{36}|runner-token-[0-9a-f-]{36}|sk-ant-[a-z0-9-]+' /etc /home /run/alp /run/shopfloor /shopfloor /workspace /tmp /var /usr/local/lib /opt /root 2>/dev/null | grep -v "^$ASSEMBLY_LINE_REPO_TOKEN" | sort -u; find /etc /home /run/alp /workspace /shopfloor -type f 2>/dev/null | wc -l`,
    seen: /^\d{2,}\n$/,
  },
  {
    name: "the memory of every process, searched for keys and tokens",
    invariant: "S1",
    bound: "no real credential inside",
    script:
      `for p in /proc/[0-9]*; do [ "$p" = /proc/$$ ] && continue; while read -r range mode rest; do case $mode in rw*) from=$((0x\${range%-*} / 4096)); to=$((0x\${range#*-} / 4096)); [ $((to - from)) -lt 400 ] && dd if=$p/mem bs=4096 skip=$from count=$((to - from)) 2>/dev/null;; esac; done <$p/maps; done 2>/dev/null | grep -aoE 'runner-token-[0-9a-f-]{36}|canary-(model|environment|file|neighbour|repo-victim)-[0-9a-f-]{36}' | sort -u; echo searched`,
    seen: /^searched\n$/,
  },
  {
    name: "a key, asked of the operator's tools and of the hub",
    invariant: "S1",
    bound: "no route tells one",
    script: String
      .raw`for path in / /healthz /mcp /env /config /operator/stop /hook /service; do http "POST $path HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"; echo; done; http 'POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 46\r\nConnection: close\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"tools/list"}'`,
    seen: /complete_station/,
  },
  {
    name: "the token that git holds for the task's repository, beyond its task",
    invariant: "S1",
    bound: "the job's token, no wider than the job",
    script:
      `git config --list --show-origin | head -c 3000; cat /shopfloor/git/config; git ls-remote http://127.0.0.1:7400/git/assembly-line.git 2>&1 | head -n2; env | grep -c _TOKEN=`,
    seen: /remote\.origin\.url=http:\/\/127\.0\.0\.1:7400[\s\S]*\n\d\n$/,
  },
  {
    name: "a core dump of a process that has a secret",
    invariant: "S1",
    bound: "no process of the runner is inside",
    script:
      `ulimit -c unlimited; sleep 30 & kill -SEGV $!; wait; ls /workspace/core* /tmp/core* 2>/dev/null; cat /proc/sys/kernel/core_pattern; echo tried`,
    seen: /tried/,
  },
];
