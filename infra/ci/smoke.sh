#!/bin/sh
# Asks the public function whether it is well, and sends one article through the chain and out of it again.
. "$(dirname "$0")/common.sh"
read_facts
if [ -n "$DRY_RUN" ]; then
  url=https://$PUBLIC_FUNCTION
else
  url=$(gcloud run services describe "$PUBLIC_FUNCTION" --project="$PROJECT" --region="$REGION" --format='value(status.url)')
fi
run curl --fail --silent --show-error --max-time 60 --retry 3 "$url/health"
run gcloud run jobs execute smoke --project="$PROJECT" --region="$REGION" --wait
