#!/bin/sh
# Gives the new revisions all of the traffic.
. "$(dirname "$0")/common.sh"
read_facts
while read -r name _; do
  run gcloud run services update-traffic "$name" --project="$PROJECT" --region="$REGION" --to-latest
done < "$DIST/ci/changed"
