#!/bin/sh
# Plans what Terraform would change, for review, with the provider whose checksums the repository keeps.
. "$(dirname "$0")/common.sh"
read_facts
: "${LOCK:=infra/gcp/terraform.lock.hcl}"
if [ -f "$LOCK" ]; then
  cp "$LOCK" "$DIST/gcp/$ENVIRONMENT/.terraform.lock.hcl"
  run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" init -input=false -lockfile=readonly
else
  run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" init -input=false
  run cat "$DIST/gcp/$ENVIRONMENT/.terraform.lock.hcl"
  echo "$LOCK is not there: commit what stands above as that" >&2
fi
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" validate
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" plan -input=false -out=tfplan
