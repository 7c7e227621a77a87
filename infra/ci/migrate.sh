#!/bin/sh
# Brings the database to the schema of this release, before its code gets a request.
. "$(dirname "$0")/common.sh"
read_facts
image=$(sed -n 's/^release \([^ ]*\) .*/\1/p' "$DIST/ci/images")
for job in migrate smoke; do
  run gcloud run jobs update "$job" --project="$PROJECT" --region="$REGION" --image="$image"
done
run gcloud run jobs execute migrate --project="$PROJECT" --region="$REGION" --wait
