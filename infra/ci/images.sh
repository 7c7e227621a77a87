#!/bin/sh
# Builds the images that the registry does not have, those of functions that changed, and on main pushes them.
. "$(dirname "$0")/common.sh"
read_facts
while read -r name image dockerfile; do
  if [ -z "$DRY_RUN" ] && docker manifest inspect "$image" > /dev/null 2>&1; then
    echo "$name is unchanged"
    continue
  fi
  run docker build --build-arg "FUNCTION=$name" --tag "$image" --file "$dockerfile" "$DIST/$name"
  if [ "${BRANCH_NAME:-main}" = main ]; then run docker push "$image"; fi
done < "$DIST/ci/images"
