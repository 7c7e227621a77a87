# Read by the scripts beside it: what a release is about, and `run`, which only prints with --dry-run.
set -eu
cd "$(dirname "$0")/../.."
# The project's own Node, where the machine has another.
PATH="$PWD/node_modules/.bin:$PATH"

# Where bundles, resources and what is known of the release are.
: "${DIST:=dist}"
DRY_RUN=
for argument in "$@"; do
  case "$argument" in
    --dry-run) DRY_RUN=yes ;;
    *) echo "$0: unknown argument $argument (there is --dry-run)" >&2; exit 2 ;;
  esac
done

run() {
  if [ -n "$DRY_RUN" ]; then echo "+ $*"; else "$@" < /dev/null; fi
}

# What prepare.sh wrote.
read_facts() {
  if [ ! -f "$DIST/ci/facts.env" ]; then echo "$DIST/ci/facts.env is not there: run infra/ci/prepare.sh first" >&2; exit 1; fi
  case "$DIST" in /*) . "$DIST/ci/facts.env" ;; *) . "./$DIST/ci/facts.env" ;; esac
}

# All functions by their images, `name image` a line; the jobs of the release apart.
function_images() {
  grep -v '^release ' "$DIST/ci/images"
}

# The revision that all of a function's traffic goes to; of a dry run, a name for it.
current_revision() {
  if [ -n "$DRY_RUN" ]; then echo "$1-before"; return; fi
  gcloud run services describe "$1" --project="$PROJECT" --region="$REGION" --flatten=status.traffic \
    --format='csv[no-heading](status.traffic.percent,status.traffic.revisionName)' | sort -t, -k1 -nr | head -n 1 | cut -d, -f2
}

# is_released NAME IMAGE REVISION: whether the revision with the traffic is the newest, and the newest has this image. After
# a rollback it is not.
is_released() {
  if [ -n "$DRY_RUN" ]; then return 1; fi
  newest=$(gcloud run services describe "$1" --project="$PROJECT" --region="$REGION" \
    --format='value(status.latestCreatedRevisionName,spec.template.spec.containers[0].image)')
  [ "$newest" = "$(printf '%s\t%s' "$3" "$2")" ]
}
