# The command agent of this station: runs the tests and files a report for the people at the gate.
# A sandbox's only way out is its runner, which may just start again: what failed is tried again.
again() {
  tries=1
  until "$@"; do
    [ "$tries" -lt 5 ] || return 1
    tries=$((tries + 1))
    sleep 2
  done
}

echo "Testing $(git log -1 --format='%h %s')"
status=0
NO_COLOR=1 deno test --no-remote --allow-read --permit-no-files 2>&1 | tee /tmp/output.txt || status=$?

again git clone --quiet "$ASSEMBLY_LINE_REPO_URL" /tmp/task
mkdir -p /tmp/task/reports
{
  echo "# Check"
  echo
  if [ "$status" -eq 0 ]; then echo "All tests pass."; else echo "The tests fail with exit code $status."; fi
  echo
  echo '```'
  cat /tmp/output.txt
  echo '```'
} > /tmp/task/reports/check.md
cd /tmp/task
git add reports/check.md
git commit --quiet --message "report: check"
again git push --quiet origin HEAD:main
echo "Filed reports/check.md"
exit "$status"
