# The command agent of this station: pushes the approved branch through the runner, which alone may reach the origin.
branch=$(git rev-parse --abbrev-ref HEAD)
git push --quiet origin "HEAD:refs/heads/$branch"
echo "Delivered $(git rev-parse --short HEAD) as $branch"
