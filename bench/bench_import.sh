#!/bin/sh
# Import of N polygons (22 vertices each) end to end, beside a bare `ogr2ogr -f GPKG` copy of the same
# file, in turns, in one run. Prints each wall time, the medians, the ratio and the peak memory.
#   bench/bench_import.sh [N [REPEATS [BUILD]]]        defaults: 500000 5 build/release
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
n=${1:-500000}
repeats=${2:-5}
build=${3:-$here/build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_import.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
GUOTU_IO=$build/guotu-io
export GUOTU_IO

median() { sort -n "$1" | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }

# once NAME COMMAND...: runs, appends "seconds" to NAME.s and "KiB" to NAME.kb
once() {
    name=$1
    shift
    sync
    /usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/out" 2>&1 || {
        cat "$work/out"
        exit 1
    }
    awk '{print $1}' "$work/time" >>"$work/$name.s"
    awk '{print $2}' "$work/time" >>"$work/$name.kb"
}

for epsg in 4548 4490; do
    file=$work/parcels-$epsg.gpkg
    "$build/bench/bench_gen_grid_polys" "$file" parcels "$n" 1 "$epsg"
    rm -f "$work"/*.s "$work"/*.kb
    i=0
    while [ $i -lt "$repeats" ]; do
        rm -rf "$work/ws" "$work/copy.gpkg"
        once copy ogr2ogr -f GPKG "$work/copy.gpkg" "$file"
        once ours "$build/bench/bench_import_file" "$work/ws" "$file"
        i=$((i + 1))
    done
    a=$(median "$work/copy.s")
    b=$(median "$work/ours.s")
    echo "EPSG:$epsg, $n polygons, $repeats turns, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
    echo "  ogr2ogr copy  s: $(tr '\n' ' ' <"$work/copy.s") median $a, peak $(sort -n "$work/copy.kb" | tail -n 1) KiB"
    echo "  guotu import  s: $(tr '\n' ' ' <"$work/ours.s") median $b, peak $(sort -n "$work/ours.kb" | tail -n 1) KiB (largest process)"
    echo "  $(cat "$work/out")"
    echo "  ratio $(awk "BEGIN {printf \"%.2f\", $b / $a}")"
    rm -f "$file"
done
