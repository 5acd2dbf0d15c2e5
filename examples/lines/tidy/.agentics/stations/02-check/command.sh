# The command agent of this station: runs the tests and files a report for the people at the gate.
echo "Testing $(git log -1 --format='%h %s')"
status=0
NO_COLOR=1 deno test --no-remote --allow-read --permit-no-files 2>&1 | tee /tmp/output.txt || status=$?

git clone --quiet "$ASSEMBLY_LINE_REPO_URL" /tmp/task
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
git push --quiet origin HEAD:main
echo "Filed reports/check.md"
exit "$status"
