# The command agent of this station: what the prompt asks for, without a model.
files=$(git ls-files | wc -l)
echo "Formatting $files files of branch $(git rev-parse --abbrev-ref HEAD)"
NO_COLOR=1 deno fmt --quiet --permit-no-files .
if [ -z "$(git status --porcelain)" ]; then
  echo "Everything was tidy already."
  exit 0
fi
git diff --stat
git add --all
git commit --quiet --message "style: format the sources"
echo "Committed $(git rev-parse --short HEAD)"
