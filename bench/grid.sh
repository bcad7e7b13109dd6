#!/bin/sh
# Grid operations beside peers, reading and writing counted: gdaldem, GRASS, and the probe
# floor_raster (a single-thread bucket Dijkstra) where PEER_BIN holds it.
# usage: bench/grid.sh DATA SIZE   (DATA holds dem_SIZE.tif, res_SIZE.tif, src_SIZE.tif)
# Prints wall s, user s, system s, peak kB for each, and the load before it.
set -eu
data=$1
n=$2
guotu=${GUOTU:-build/release/guotu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
t() { # NAME COMMAND...
    name=$1
    shift
    load=$(cut -d' ' -f1 /proc/loadavg)
    /usr/bin/time -o "$work/time" -f "%e %U %S %M" "$@" >"$work/log" 2>&1 || { cat "$work/log"; return; }
    printf '%-28s %-6s %s (load %s)\n' "$name" "$n" "$(cat "$work/time")" "$load"
}
have() { command -v "$1" >/dev/null 2>&1; }
t "guotu slope" "$guotu" grid terrain "$data/dem_$n.tif" "$work/slope.tif"
have gdaldem && t "gdaldem slope" gdaldem slope -q -co TILED=YES -co BIGTIFF=YES "$data/dem_$n.tif" "$work/gslope.tif"
t "guotu cost" "$guotu" grid cost "$data/res_$n.tif" "$data/src_$n.tif" "$work/cost.tif" --per-cell
[ -x "${PEER_BIN:-}/floor_raster" ] &&
    t "bucket Dijkstra, 1 thread" "$PEER_BIN/floor_raster" cost "$data/res_$n.tif" "$data/src_$n.tif" "$work/fcost.tif"
t "guotu flow" "$guotu" grid flow "$data/dem_$n.tif" "$work/acc.tif"
if have grass; then
    grass -c "$data/dem_$n.tif" "$work/grass" -e >/dev/null 2>&1
    g() { grass "$work/grass/PERMANENT" --exec "$@"; }
    g r.in.gdal --q input="$data/dem_$n.tif" output=dem memory=2000
    g r.in.gdal --q input="$data/res_$n.tif" output=res memory=2000
    g r.in.gdal --q input="$data/src_$n.tif" output=src0 memory=2000
    g r.null --q map=src0 setnull=0
    t "GRASS r.cost" grass "$work/grass/PERMANENT" --exec r.cost --q input=res output=cost start_raster=src0 memory=16000
    t "GRASS r.watershed -s" grass "$work/grass/PERMANENT" --exec r.watershed -s --q elevation=dem accumulation=acc
fi
