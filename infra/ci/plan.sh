#!/bin/sh
# Plans what Terraform would change, for review.
. "$(dirname "$0")/common.sh"
read_facts
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" init -input=false
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" validate
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" plan -input=false -out=tfplan
