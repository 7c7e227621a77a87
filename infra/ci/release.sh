#!/bin/sh
# Migrates the database, brings the new code up beside the old, gives it traffic, tries it, and takes it back if it fails.
. "$(dirname "$0")/common.sh"
if [ "${BRANCH_NAME:-main}" != main ]; then echo "not main: nothing is released"; exit 0; fi
sh infra/ci/migrate.sh "$@"
if sh infra/ci/deploy.sh "$@" && sh infra/ci/canary.sh "$@" && sh infra/ci/promote.sh "$@" && sh infra/ci/smoke.sh "$@"; then
  echo "released"
else
  sh infra/ci/rollback.sh "$@"
  exit 1
fi
