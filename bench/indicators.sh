#!/bin/sh
# Time of all indicators of all units after a one-parcel edit.
#   bench/indicators.sh [PARCELS] [OPEN-DATA]     on a generated city (default 300000, build/open-data)
#   bench/indicators.sh --workspace DIR [YEAR]    on a workspace that is there, which is edited
# Each line: seconds on the clock, of the processor (user and system), and the most memory resident, which counts
# the pages of the map that SQLite has mapped. Edits are corrections, so they change the past year YEAR (2024), too.
set -eu
cd "$(dirname "$0")/.."
guotu=${GUOTU:-build/release/guotu}
if [ "${1:-}" = --workspace ]; then
    dir=$2
    past=${3:-2024}
else
    n=${1:-300000}
    open=${2:-build/open-data}
    past=2024
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    dir=$work/w
    "$guotu" -q -w "$dir" init --package beijing >/dev/null
    "$guotu" -q -w "$dir" synth --open "$open" --scale "$n" >/dev/null || true
fi
run() { "$guotu" -q -w "$dir" "$@"; }
timed() {
    what=$1
    shift
    printf '%-36s ' "$what"
    /usr/bin/time -f '%e s  %U + %S s  %M KB' "$guotu" -q -w "$dir" "$@" >/dev/null
}
# one parcel anywhere turns into building land
edit() {
    id=$(sqlite3 "$dir/onemap.gpkg" "select gt_id from land_use where dlbm = '0102' limit 1 offset $1")
    ogrinfo -q "$dir/onemap.gpkg" -sql "update land_use set dlbm = '0701' where gt_id = '$id'" >/dev/null
    run adopt land_use --message "one parcel" >/dev/null
}
echo "parcels $(sqlite3 "$dir/onemap.gpkg" 'select count(*) from land_use'), load $(cut -d' ' -f1 /proc/loadavg), $(nproc) cores"
timed "first run (weaves all)" indicators --level district
timed "again" indicators --level district
edit 0
timed "after a one-parcel edit" indicators --level district
edit 10
timed "after another, towns too" indicators --level town
timed "city only" indicators --level city
timed "the year $past, first (weaves it)" indicators --year "$past"
edit 20
timed "the year $past after an edit" indicators --year "$past"
rev=$(run log --format json | grep -o '"revision":[0-9]*' | head -1 | tr -dc 0-9)
timed "explain the edit" explain construction-land --from $((rev - 1)) --to "$rev"
echo "load after: $(cut -d' ' -f1 /proc/loadavg)"
