#!/bin/sh
# Gives the new revisions a tenth of the traffic for a while; an error that one of them logs ends the release.
. "$(dirname "$0")/common.sh"
read_facts
: "${CANARY_SECONDS:=300}"
if [ ! -s "$DIST/ci/changed" ]; then echo "nothing changed"; exit 0; fi
if grep -q "^$PUBLIC_FUNCTION " "$DIST/ci/changed" && [ -z "$DRY_RUN" ]; then
  url=$(gcloud run services describe "$PUBLIC_FUNCTION" --project="$PROJECT" --region="$REGION" --format='value(status.url)')
  curl --fail --silent --show-error --max-time 60 --retry 3 "https://canary---${url#https://}/health"
fi
while read -r name _; do
  run gcloud run services update-traffic "$name" --project="$PROJECT" --region="$REGION" --to-tags=canary=10
done < "$DIST/ci/changed"
run sleep "$CANARY_SECONDS"
while read -r name before; do
  if [ -n "$DRY_RUN" ]; then continue; fi
  new=$(gcloud run services describe "$name" --project="$PROJECT" --region="$REGION" --format='value(status.latestReadyRevisionName)')
  filter="resource.type=\"cloud_run_revision\" AND resource.labels.revision_name=\"$new\" AND severity>=ERROR"
  errors=$(gcloud logging read "$filter" --project="$PROJECT" --freshness=1h --limit=5 --format='value(jsonPayload.message,textPayload)')
  if [ -n "$errors" ]; then
    echo "$new (after $before) logged errors:" >&2
    echo "$errors" >&2
    exit 1
  fi
done < "$DIST/ci/changed"
