#!/bin/sh
# Bundles the functions, writes the resources of ENVIRONMENT for Terraform, and what the next scripts need to know.
. "$(dirname "$0")/common.sh"
: "${ENVIRONMENT:=prod}"
# The project is the one that the build runs in, where it runs in one.
set -- ${PROJECT_ID:+--set project=$PROJECT_ID}
# These only write under $DIST, so a dry run does them too.
npm run --silent build -- --no-start --out "$DIST"
npm run --silent synth -- --env "$ENVIRONMENT" --out "$DIST/gcp" "$@"
node infra/ci/facts.ts --env "$ENVIRONMENT" --dist "$DIST" "$@"
