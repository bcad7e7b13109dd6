#!/bin/sh
# One parcel edited in a large workspace: from commit to the updated account, the goal is under 1 s.
#   bench/alive.sh [PARCELS] [EDITS] [BUILD]     default 5000000, 12, build/release
# Makes the workspace afresh (5 M parcels: about 4 GiB under TMPDIR, removed at the end). Prints the full
# weave, then for each edit commit, account and area table. Say the load average beside each figure.
set -eu
n=${1:-5000000} edits=${2:-12} build=${3:-build/release}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$(find "$build" -name bench_stored_weave -type f | head -n 1)
[ -n "$program" ] || { echo "build $build first"; exit 1; }
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
"$program" "$n" "$work/w" tests/check/package "$edits"
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
