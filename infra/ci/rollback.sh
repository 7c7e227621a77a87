#!/bin/sh
# Gives the traffic back to the revisions that had it before this release. The database stays: migrations fit both.
. "$(dirname "$0")/common.sh"
read_facts
while read -r name before; do
  run gcloud run services update-traffic "$name" --project="$PROJECT" --region="$REGION" --to-revisions="$before=100"
done < "$DIST/ci/changed"
