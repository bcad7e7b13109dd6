#!/bin/sh
# Grid operations beside peers, reading and writing counted: gdaldem, GRASS, and the probe
# floor_raster (a single-thread bucket Dijkstra) where PEER_BIN holds it.
# usage: bench/grid.sh DATA SIZE [PART...]   (DATA holds dem_SIZE.tif, res_SIZE.tif, src_SIZE.tif, b20k.gpkg)
# PART: slope cost flow algebra zonal; default all. "copy" is reading and writing alone.
# Prints wall s, user s, system s, peak kB for each, and the load before it.
set -eu
data=$1
n=$2
shift 2
parts=${*:-slope cost flow algebra zonal}
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
does() { case " $parts " in *" $1 "*) return 0 ;; esac; return 1; }
a=$data/res_$n.tif
b=$data/dem_$n.tif
zones=$data/b20k.gpkg
if have grass; then
    grass -c "$b" "$work/grass" -e >/dev/null 2>&1
    g() { grass "$work/grass/PERMANENT" --exec "$@" >/dev/null 2>&1; }
fi
in_grass() { # NAME SHELL-TEXT
    have grass && t "$1" grass "$work/grass/PERMANENT" --exec sh -c "$2"
}
if does slope; then
    t "guotu slope" "$guotu" grid terrain "$b" "$work/slope.tif"
    have gdaldem && t "gdaldem slope" gdaldem slope -q -co TILED=YES -co BIGTIFF=YES "$b" "$work/gslope.tif"
fi
if does algebra; then
    t "guotu calc" "$guotu" grid calc 'A<50 ? A*2+B : B' A="$a" B="$b" "$work/calc.tif"
    t "read both, write one" sh -c "cat '$a' >/dev/null; cp '$b' '$work/copy.tif'"
    have gdal_calc.py && t "gdal_calc" gdal_calc.py --quiet --overwrite --calc "where(A<50,A*2+B,B)" \
        -A "$a" -B "$b" --outfile "$work/gcalc.tif" --type Float32 --co TILED=YES --co BIGTIFF=YES
fi
if does zonal && [ -f "$zones" ]; then
    t "guotu zonal" sh -c "'$guotu' grid zonal '$a' '$zones' --format csv >'$work/zones.csv'"
    if have grass; then
        g r.in.gdal --q input="$a" output=res memory=2000
        g v.in.ogr --q input="$zones" output=zon
        in_grass "v.to.rast + r.univar" \
            "v.to.rast --q input=zon output=zon use=cat memory=2000 && r.univar -t map=res zones=zon output='$work/univar.csv'"
    fi
fi
if does cost; then
    t "guotu cost" "$guotu" grid cost "$a" "$data/src_$n.tif" "$work/cost.tif" --per-cell
    [ -x "${PEER_BIN:-}/floor_raster" ] &&
        t "bucket Dijkstra, 1 thread" "$PEER_BIN/floor_raster" cost "$a" "$data/src_$n.tif" "$work/fcost.tif"
    if have grass; then
        g r.in.gdal --q --o input="$a" output=res memory=2000
        g r.in.gdal --q input="$data/src_$n.tif" output=src0 memory=2000
        g r.null --q map=src0 setnull=0
        in_grass "GRASS r.cost" "r.cost --q input=res output=cost start_raster=src0 memory=16000"
    fi
fi
if does flow; then
    t "guotu flow" "$guotu" grid flow "$b" "$work/acc.tif"
    if have grass; then
        g r.in.gdal --q input="$b" output=dem memory=2000
        in_grass "GRASS r.watershed -s" "r.watershed -s --q elevation=dem accumulation=acc"
    fi
fi
