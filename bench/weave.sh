#!/bin/sh
# weave beside its peers in one run: medians of RUNS, ratios, peak memory.
#   bench/weave.sh BUILD_DIR [small] [large] [ten]      (default: small)
# BUILD_DIR is a release build with GT_BENCH. Peers are used when they are there:
#   PGHOST, PGPORT, ... a PostGIS to write scratch tables to (ogr2ogr loads them)
#   FLOOR               the edge-pair program that sets the floor (arguments: A.gpkg a B.gpkg b)
# DATA (default /tmp/guotu-bench) keeps the inputs; RUNS (default 3).
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- small
data=${DATA:-/tmp/guotu-bench} runs=${RUNS:-3}
mkdir -p "$data"
log=$data/log

make_input() { # NAME LAYER N SEED
    [ -s "$data/$1.gpkg" ] || "$build/bench/bench_gen_polys" "$data/$1.gpkg" "$2" "$3" "$4" >/dev/null
}

# Median wall seconds of "$@" over the runs; the largest resident set goes to $log.rss (kB).
median() {
    : >"$log.times"
    : >"$log.rss"
    i=0
    while [ $i -lt "$runs" ]; do
        /usr/bin/time -o "$log.one" -f '%e %M' "$@" >"$log.out" 2>&1 || { cat "$log.out" >&2; exit 1; }
        cut -d' ' -f1 "$log.one" >>"$log.times"
        cut -d' ' -f2 "$log.one" >>"$log.rss"
        i=$((i + 1))
    done
    sort -n "$log.times" | sed -n "$(((runs + 1) / 2))p"
}

rss() { sort -n "$log.rss" | tail -n 1; }

say() { # WHAT SECONDS [BASE]
    awk -v w="$1" -v s="$2" -v b="${3:-0}" -v m="$(rss)" 'BEGIN {
        printf "  %-44s %8.2f s  %7.0f MB", w, s, m / 1024
        if (b > 0) printf "  %6.2f x guotu", s / b
        printf "\n" }'
}

have_pg() { [ -n "${PGHOST:-}" ] && command -v psql >/dev/null && psql -qtAX -c 'select postgis_version()' >/dev/null 2>&1; }

load_pg() { # NAME LAYER
    psql -qtAX -c "select to_regclass('guotu_bench_$1')" | grep -q . && return
    ogr2ogr -q -f PostgreSQL PG: "$data/$1.gpkg" "$2" -nln "guotu_bench_$1" --config PG_USE_COPY YES \
        -lco UNLOGGED=ON -lco GEOMETRY_NAME=geom -lco FID=id -lco SPATIAL_INDEX=GIST -nlt POLYGON
    psql -qX -c "vacuum (analyze) guotu_bench_$1"
}

pg_script() {
    cat >"$data/pg.sh" <<P
psql -qtAX -c 'set min_parallel_table_scan_size=0' -c 'set parallel_tuple_cost=0' -c 'set parallel_setup_cost=0' -c "select count(*), sum(st_area(st_intersection(a.geom, b.geom))) from guotu_bench_\$1 a join guotu_bench_\$2 b on st_intersects(a.geom, b.geom)"
P
}

pair() { # TITLE A B
    echo "$1 (cores: $(nproc), load: $(cut -d' ' -f1-3 /proc/loadavg))"
    base=$(median "$build/guotu" weave "$data/$2.gpkg" "$data/$3.gpkg" --account "$data/account.csv")
    say "guotu weave: graph, account, read and write" "$base"
    t=$(median "$build/bench/bench_weave_files" -p 1 "$data/$2.gpkg" "$data/$3.gpkg")
    say "guotu: areas alone, edge pairs" "$t" "$base"
    t=$(median "$build/guotu" weave "$data/$2.gpkg" "$data/$3.gpkg" --account "$data/account.csv" \
        --atoms "$data/atoms.gpkg")
    say "guotu weave: and the polygons of all pieces" "$t" "$base"
    if [ -n "${FLOOR:-}" ]; then
        t=$(median "$FLOOR" "$data/$2.gpkg" a "$data/$3.gpkg" b)
        say "floor: edge pairs, one thread" "$t" "$base"
    fi
    if have_pg; then
        load_pg "$2" a
        load_pg "$3" b
        pg_script
        t=$(median sh "$data/pg.sh" "$2" "$3")
        say "PostGIS: area of intersections, no load, no write" "$t" "$base"
    fi
}

for task; do
    case $task in
    small)
        make_input a100k a 100000 1
        make_input b20k b 20000 2
        pair "100 000 x 20 000 polygons" a100k b20k
        ;;
    large)
        make_input a500k a 500000 3
        make_input b100k b 100000 4
        pair "500 000 x 100 000 polygons" a500k b100k
        ;;
    ten)
        files=
        for k in 1 2 3 4 5 6 7 8 9 10; do
            make_input l$k l$k 100000 $((10 + k))
            files="$files $data/l$k.gpkg"
        done
        echo "ten layers of 100 000 (cores: $(nproc), load: $(cut -d' ' -f1-3 /proc/loadavg))"
        runs=1
        # shellcheck disable=SC2086
        base=$(median "$build/guotu" weave $files --by cls --account "$data/account.csv")
        say "guotu weave: one pass, by 20 classes each" "$base"
        if have_pg; then
            load_pg l1 l1
            load_pg l2 l2
            pg_script
            t=$(median sh "$data/pg.sh" l1 l2)
            say "PostGIS: one pair of the 45" "$t" "$base"
        fi
        ;;
    *)
        echo "bench/weave.sh: unknown task $task" >&2
        exit 2
        ;;
    esac
done
