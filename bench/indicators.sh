#!/bin/sh
# Time of all indicators of all units after a one-parcel edit, on a generated city.
# usage: bench/indicators.sh [PARCELS] [OPEN-DATA]   (default 300000, build/open-data)
set -eu
cd "$(dirname "$0")/.."
n=${1:-300000}
open=${2:-build/open-data}
guotu=${GUOTU:-build/release/guotu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$guotu" -q -w "$work/w" "$@"; }
timed() {
    what=$1
    shift
    a=$(date +%s.%N)
    run "$@" >/dev/null
    b=$(date +%s.%N)
    echo "$what $a $b" | awk '{ printf "%-34s %8.2f s\n", $1, $3 - $2 }' | tr '_' ' '
}
run init --package beijing
run synth --open "$open" --scale "$n" >/dev/null || true
echo "parcels $n, load $(cut -d' ' -f1 /proc/loadavg), $(nproc) cores"
timed "first_run_(weaves_all)" indicators --level district
timed again indicators --level district
# one parcel anywhere turns into building land
id=$(sqlite3 "$work/w/onemap.gpkg" "select gt_id from land_use where dlbm = '0102' limit 1")
ogrinfo -q "$work/w/onemap.gpkg" -sql "update land_use set dlbm = '0701' where gt_id = '$id'" >/dev/null
run adopt land_use --message "one parcel" >/dev/null
timed after_a_one-parcel_edit indicators --level district
timed city_only indicators --level city
rev=$(run log --format json | grep -o '"revision":[0-9]*' | head -1 | tr -dc 0-9)
timed explain_the_edit explain construction-land --from $((rev - 1)) --to "$rev"
