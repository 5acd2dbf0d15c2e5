# The command agent of this station answers each prompt of the pipeline: the prompt is on its standard input, what it prints
# is its answer. A model would read the prompt; this one knows by the step what it is asked.
case "${SHOPFLOOR_STEP_ID##*::}" in
  invocation)
    echo "Format $(git ls-files | wc -l) files of branch $(git rev-parse --abbrev-ref HEAD), test them, commit."
    ;;
  fix)
    NO_COLOR=1 deno fmt --quiet --permit-no-files .
    echo "Formatted $(git diff --name-only | wc -l) files."
    ;;
  behaviour)
    if git diff --ignore-all-space --quiet HEAD~1 -- '*.json'; then echo "No setting was changed."; fi
    echo "Only the layout of $(git diff --name-only HEAD~1 | wc -l) files was changed."
    ;;
  style)
    if deno fmt --check --quiet --permit-no-files .; then echo "Everything is tidy."; else echo "Not everything is tidy."; fi
    ;;
  *)
    echo "This station has no step '${SHOPFLOOR_STEP_ID}'." >&2
    exit 1
    ;;
esac
