#!/bin/sh
# Brings up a revision of each function that changed or was rolled back, without traffic, and notes which one has it now.
. "$(dirname "$0")/common.sh"
read_facts
: > "$DIST/ci/changed"
function_images > "$DIST/ci/functions"
while read -r name image _; do
  before=$(current_revision "$name" < /dev/null)
  if is_released "$name" "$image" "$before" < /dev/null; then continue; fi
  echo "$name $before" >> "$DIST/ci/changed"
  # With its source map, for whoever reads a stack trace of it.
  run gcloud storage cp --project="$PROJECT" --recursive "$DIST/$name" "$SOURCES/$name/${image##*:}"
  # A revision that does not start fails here, and the old one keeps the traffic.
  run gcloud run services update "$name" --project="$PROJECT" --region="$REGION" --image="$image" --no-traffic --tag=canary
done < "$DIST/ci/functions"
