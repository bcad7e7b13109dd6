#!/bin/sh
# Growth of the grid kernels: processor time (user and system) a cell and peak memory at two sizes
# under one ceiling, and the ratio of the two. A kernel that grows with its cells has a ratio of 1.
# usage: bench/growth.sh DATA WORK SMALL LARGE [CEILING [KERNEL...]]
#   DATA   holds dem_4000.tif and res_4000.tif (heights in metres, friction), and b20k.gpkg for zones
#   WORK   folder for inputs of other sizes (kept: 9 bytes a cell) and results (removed one by one;
#          the largest step needs about 31 bytes a cell of disk)
#   SMALL LARGE   cells a side; CEILING as of --memory (default 2G)
#   KERNEL slope calc focal classify flow downstream hand order streams wetness dinf quinn freeman
#          cost distance patches zones, default all of them; view polygons breach units by name alone
# Prints: kernel, cells a side, ns a cell, wall s, peak MB, load; then kernel, ratio LARGE / SMALL.
# Time: 2.2 us a cell of processor for all (one core): 40 s at 4 000, 10 min at 16 000, 1 h at 40 000.
set -eu
data=$1
work=$2
small=$3
large=$4
ceiling=${5:-2G}
[ $# -ge 5 ] && shift 5 || shift 4
kernels=${*:-slope calc focal classify flow downstream hand order streams wetness dinf quinn freeman cost distance patches zones}
bin=${BUILD:-build/release}
guotu=$bin/guotu
gen=$bin/bench/bench_gen_large_grid
mkdir -p "$work"
table=$(mktemp "$work/growth-XXXXXX")
results=$(mktemp -d "$work/results-XXXXXX")
trap 'rm -rf "$table" "$results"' EXIT
TMPDIR=$work
export TMPDIR

# the inputs of a size; what is made of them (directions, streams) comes with prepare
input() { # NAME SIZE
    if [ -f "$data/$1_$2.tif" ]; then
        echo "$data/$1_$2.tif"
    else
        echo "$work/$1_$2.tif"
    fi
}
make_inputs() { # SIZE
    [ -f "$(input dem "$1")" ] || "$gen" "$data/dem_4000.tif" "$work/dem_$1.tif" "$1" 1 "$data/dem_4000.tif"
    [ -f "$(input res "$1")" ] || "$gen" "$data/res_4000.tif" "$work/res_$1.tif" "$1"
    [ -f "$(input src "$1")" ] || "$gen" - "$work/src_$1.tif" "$1" "$data/dem_4000.tif"
}
t() { # KERNEL SIZE ARGUMENTS...
    name=$1
    n=$2
    shift 2
    load=$(cut -d' ' -f1 /proc/loadavg)
    if ! /usr/bin/time -o "$results/time" -f "%e %U %S %M" "$guotu" "$@" --memory "$ceiling" \
        >"$results/log" 2>&1; then
        printf '%-11s %6s  failed: %s\n' "$name" "$n" "$(head -n 1 "$results/log")"
        return 0
    fi
    awk -v k="$name" -v n="$n" -v load="$load" '{
        printf "%-11s %6d %8.1f ns a cell %8.1f s wall %7.0f MB  load %s\n",
               k, n, ($2 + $3) * 1e9 / n / n, $1, $4 / 1024, load }' "$results/time" | tee -a "$table"
}
does() { case " $kernels " in *" $1 "*) return 0 ;; esac; return 1; }
r() { echo "$results/$1.tif"; }
drop() { for f in "$@"; do rm -f "$(r "$f")"; done; }

# Directions, streams, outlets, classes: made once a size, and not timed but as "flow".
prepare() { # SIZE
    t flow "$1" grid flow "$(input dem "$1")" "$(r acc)" --directions "$(r dir)"
    "$guotu" grid calc 'a >= 200 ? 1 : nodata' a="$(r acc)" "$(r str)" --type uint8 --memory "$ceiling" >/dev/null
    "$guotu" grid calc 'd == 0 ? 1 : nodata' d="$(r dir)" "$(r edge)" --type uint8 --memory "$ceiling" >/dev/null
}
water() { # SIZE
    prepare "$1"
    dem=$(input dem "$1")
    if does downstream; then
        t downstream "$1" grid downstream "$(r dir)" "$(r edge)" "$(r o)"
    fi
    if does hand; then
        t hand "$1" grid hand "$dem" "$(r dir)" "$(r str)" "$(r o)"
    fi
    if does order; then
        t order "$1" grid order "$(r dir)" "$(r str)" "$(r o)"
    fi
    if does streams; then
        t streams "$1" run streams --in accumulation="$(r acc)" --in direction="$(r dir)" \
            --with area="0.3 km2" --out streams="$(r o)" --out order="$(r o2)"
    fi
    if does wetness; then
        "$guotu" grid terrain "$dem" "$(r slope)" --memory "$ceiling" >/dev/null
        t wetness "$1" grid wetness "$(r acc)" "$(r dir)" "$(r slope)" "$(r o)"
    fi
    drop acc dir str edge slope o o2
}
size() { # SIZE
    make_inputs "$1"
    dem=$(input dem "$1")
    res=$(input res "$1")
    src=$(input src "$1")
    does slope && t slope "$1" grid terrain "$dem" "$(r o)"
    does calc && t calc "$1" grid calc 'A<50 ? A*2+B : B' A="$res" B="$dem" "$(r o)"
    does focal && t focal "$1" grid focal "$dem" "$(r o)" --of range --radius 10
    does classify && t classify "$1" grid classify "$dem" "$(r o)" --by quantile
    drop o
    case " $kernels " in *" flow "* | *" downstream "* | *" hand "* | *" order "* | *" streams "* | *" wetness "*) water "$1" ;; esac
    for way in dinf quinn freeman; do # filling and D8 come first
        does $way && t $way "$1" run multiflow --in dem="$dem" --with way=$way --out accumulation="$(r o)"
        drop o
    done
    does cost && t cost "$1" grid cost "$res" "$src" "$(r o)" --per-cell
    drop o
    does distance && t distance "$1" grid distance "$src" "$(r o)" --max 0 --allocation "$(r o2)"
    drop o o2
    if does patches || does polygons; then
        "$guotu" grid calc 'floor(z / 100)' z="$dem" "$(r class)" --type int32 --memory "$ceiling" >/dev/null
    fi
    does patches && t patches "$1" grid patches "$(r class)" "$(r o)"
    does polygons && t polygons "$1" run polygonize --in classes="$(r class)" --out polygons="$results/o.gpkg"
    rm -f "$results/o.gpkg"
    drop o class
    does zones && t zones "$1" grid zonal "$res" "$data/b20k.gpkg" --format csv
    does view && t view "$1" grid view "$dem" "$src" "$(r o)" --max 5000
    does breach && t breach "$1" run breach --in dem="$dem" --out breached="$(r o)"
    does units && t units "$1" run slope-units --in dem="$dem" --out units="$(r o)"
    drop o
}
size "$small"
size "$large"
awk -v small="$small" -v large="$large" '
    $2 == small { a[$1] = $3 }
    $2 == large && a[$1] > 0 { printf "%-11s ratio %.2f\n", $1, $3 / a[$1] }' "$table"
