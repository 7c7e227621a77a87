#!/bin/sh
# Applies the plan, on main alone.
. "$(dirname "$0")/common.sh"
read_facts
if [ "${BRANCH_NAME:-main}" != main ]; then echo "not main: the plan is for review"; exit 0; fi
run terraform "-chdir=$DIST/gcp/$ENVIRONMENT" apply -input=false tfplan
