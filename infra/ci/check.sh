#!/bin/sh
# Installs, typechecks, lints and tests.
. "$(dirname "$0")/common.sh"
run npm ci
run npm run check
