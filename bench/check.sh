#!/bin/sh
# Interactive checks beside their peers in one run: 5 ha parcels against ten layers of 100 000
# polygons, then 0.1 to 50 ha against fifty layers (5 M polygons).
#   bench/check.sh BUILD_DIR [ten] [fifty]      (default: ten)
# BUILD_DIR is a release build with GT_BENCH. Peers are used when they are there:
#   GEOS_PARCEL         a program that takes DIR and COUNT and reads DIR/l1.gpkg .. l10.gpkg
#                       (R-tree through SQLite, GEOS intersection and area of every candidate)
#   PGHOST, PGPORT, ... a PostGIS to write scratch tables to (ogr2ogr loads them)
# DATA (default /tmp/guotu-bench-check) keeps the inputs; COUNT (default 1000) parcels are timed.
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- ten
data=${DATA:-/tmp/guotu-bench-check} count=${COUNT:-1000}
mkdir -p "$data"
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg)"

layers() { # FROM TO
    k=$1
    while [ "$k" -le "$2" ]; do
        [ -s "$data/l$k.gpkg" ] ||
            "$build/bench/bench_gen_polys" "$data/l$k.gpkg" "l$k" 100000 $((10 + k)) 150000 4548 >/dev/null
        k=$((k + 1))
    done
}
workspace() { # NAME LAST
    [ -s "$data/$1/onemap.gpkg" ] && return
    files=''
    k=1
    while [ "$k" -le "$2" ]; do
        files="$files $data/l$k.gpkg"
        k=$((k + 1))
    done
    # shellcheck disable=SC2086  # a list of files without spaces
    "$build/bench/bench_check" make "$data/$1" 4548 $files
}
indexed() { # the peers want an R-tree in each file
    k=1
    while [ "$k" -le 10 ]; do
        # ogrinfo ends with 0 when a table is missing: ask for the answer
        ogrinfo -q "$data/l$k.gpkg" -sql "select count(*) as n from rtree_l${k}_geom" 2>/dev/null | grep -q 'n (' ||
            ogrinfo -q "$data/l$k.gpkg" -sql "select CreateSpatialIndex('l$k','geom')" >/dev/null
        k=$((k + 1))
    done
}
have_pg() { [ -n "${PGHOST:-}" ] && command -v pgbench >/dev/null && psql -qtAX -c 'select postgis_version()' >/dev/null 2>&1; }

postgis() {
    k=1
    while [ "$k" -le 10 ]; do
        if ! psql -qtAX -c "select to_regclass('guotu_bench_l$k')" | grep -q .; then
            ogr2ogr -q -f PostgreSQL PG: "$data/l$k.gpkg" "l$k" -nln "guotu_bench_l$k" --config PG_USE_COPY YES \
                -lco UNLOGGED=ON -lco GEOMETRY_NAME=geom -lco FID=id -lco SPATIAL_INDEX=GIST -nlt POLYGON
            psql -qX -c "vacuum (analyze) guotu_bench_l$k"
        fi
        k=$((k + 1))
    done
    srid=$(psql -qtAX -c "select st_srid(geom) from guotu_bench_l1 limit 1")
    {
        echo '\set x random(0, 1000000)'
        echo '\set y random(0, 1000000)'
        echo '\set w random(0, 1000000)'
        at="st_setsrid(st_makepoint(426000+0.148*:x::float8, 2451000+0.148*:y::float8),$srid)"
        echo "with p as (select st_rotate(st_buffer($at,132.95,'quad_segs=2'),1e-6*:w::float8,$at) g)"
        k=1
        while [ "$k" -le 10 ]; do
            [ "$k" = 1 ] && printf 'select count(*), sum(s) from (' || printf ' union all '
            echo "select l.id, st_area(st_intersection(l.geom,p.g)) s from guotu_bench_l$k l, p where st_intersects(l.geom,p.g)"
            k=$((k + 1))
        done
        echo ') q;'
    } >"$data/parcel.sql"
    rm -f "$data"/pgbench_log*
    pgbench -n -M prepared -c 1 -t 200 -f "$data/parcel.sql" >/dev/null 2>&1
    pgbench -n -M prepared -c 1 -t "$count" -f "$data/parcel.sql" -l --log-prefix="$data/pgbench_log" >/dev/null 2>&1
    awk '{ print $3 / 1000 }' "$data"/pgbench_log* | sort -n |
        awk '{ v[NR] = $1 } END { printf "RESULT median %.3f ms, p99 %.3f ms, n %d\n", v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.5)], NR }'
}

ten() {
    layers 1 10
    workspace w10 10
    echo "5 ha, 10 layers of 100 000 polygons"
    if [ -n "${GEOS_PARCEL:-}" ]; then
        indexed
        printf '  R-tree + GEOS loop   '
        "$GEOS_PARCEL" "$data" "$count"
    fi
    if have_pg; then
        printf '  PostGIS, prepared    '
        postgis
    fi
    printf '  guotu, with findings '
    "$build/bench/bench_check" run "$data/w10" "$count" 88172645463325252 5 5
}
fifty() {
    layers 1 50
    workspace w50 50
    echo "0.1 to 50 ha, 50 layers, 5 M polygons"
    printf '  guotu, with findings '
    "$build/bench/bench_check" run "$data/w50" "$count" 88172645463325252 0.1 50
}
for what in "$@"; do
    "$what"
done
