#!/bin/sh
# weave beside its peers in one run: medians of RUNS, processor time, ratios, peak memory.
#   bench/weave.sh BUILD_DIR [small] [large] [ten] [growth]      (default: small)
# BUILD_DIR is a release build with GT_BENCH. Peers are used when they are there:
#   PGHOST, PGPORT, ... a PostGIS to write scratch tables to (ogr2ogr loads them)
#   PG_PID              its first process, when it runs here: processor time of the server is told
#   FLOOR               the edge-pair program that sets the floor (arguments: A.gpkg a B.gpkg b)
#   qgis_process, grass native:intersection and v.overlay, run PEER_RUNS times (small only)
# DATA (default /tmp/guotu-bench) keeps the inputs; RUNS (default 3), PEER_RUNS (default 1).
#
# What is counted: guotu reads GeoPackages and writes its results. PostGIS: the query alone, its
# tables loaded and indexed before. QGIS reads and writes GeoPackages. GRASS: v.overlay alone; its
# import is a line of its own. Ten layers: PostGIS cannot cut them in one pass; 45 pairs give less
# (areas of pairs, not of tuples of ten). Five pairs that name each layer once are run; times nine.
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- small
data=${DATA:-/tmp/guotu-bench} runs=${RUNS:-3} peer_runs=${PEER_RUNS:-1}
mkdir -p "$data"
log=$data/log

make_input() { # NAME LAYER N SEED
    [ -s "$data/$1.gpkg" ] || "$build/bench/bench_gen_polys" "$data/$1.gpkg" "$2" "$3" "$4" >/dev/null
}

# Median wall seconds of "$@" over $1 runs; processor seconds and the largest resident set (kB) go
# to $log.cpu and $log.rss.
median() {
    n=$1
    shift
    : >"$log.times"
    : >"$log.cpu"
    : >"$log.rss"
    i=0
    while [ $i -lt "$n" ]; do
        /usr/bin/time -o "$log.one" -f '%e %U %S %M' "$@" >"$log.out" 2>&1 || { cat "$log.out" >&2; exit 1; }
        awk -v l="$log" '{ print $1 >>(l ".times"); print $2 + $3 >>(l ".cpu"); print $4 >>(l ".rss") }' "$log.one"
        i=$((i + 1))
    done
    sort -n "$log.times" | sed -n "$(((n + 1) / 2))p"
}

rss() { sort -n "$log.rss" | tail -n 1; }
cpu() { sort -n "$log.cpu" | sed -n "$((($(wc -l <"$log.cpu") + 1) / 2))p"; }

say() { # WHAT SECONDS [BASE]
    awk -v w="$1" -v s="$2" -v b="${3:-0}" -v c="$(cpu)" -v m="$(rss)" 'BEGIN {
        printf "  %-46s %8.2f s %8.2f cpu s %7.0f MB", w, s, c, m / 1024
        if (b > 0) printf "  %7.2f x guotu", s / b
        printf "\n" }'
}

here() { echo "$1 (cores: $(nproc), load: $(cut -d' ' -f1-3 /proc/loadavg))"; }

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

# Seconds of processor time of all backends of the server that have ended.
pg_cpu() { [ -n "${PG_PID:-}" ] && awk '{ print ($16 + $17) / 100 }' "/proc/$PG_PID/stat" || echo 0; }

# Median of runs of the query; the server's processor seconds a run go to $log.cpu.
median_pg() { # RUNS A B
    from=$(pg_cpu)
    t=$(median "$1" sh "$data/pg.sh" "$2" "$3")
    sleep 1 # the server has noted the end of its workers
    awk -v a="$from" -v b="$(pg_cpu)" -v n="$1" 'BEGIN { print (b - a) / n }' >"$log.cpu"
    echo "$t"
}

run_pg() { # A B BASE
    have_pg || return 0
    load_pg "$1" a
    load_pg "$2" b
    pg_script
    t=$(median_pg "$runs" "$1" "$2")
    say "PostGIS: area of intersections, no load, no write" "$t" "$3"
}

run_qgis() { # A B BASE
    qgis=$(command -v qgis_process.bin || command -v qgis_process) || return 0
    export QT_QPA_PLATFORM=offscreen
    rm -f "$data/qgis.gpkg"
    t=$(median "$peer_runs" "$qgis" run native:intersection -- "INPUT=$data/$1.gpkg|layername=a" \
        "OVERLAY=$data/$2.gpkg|layername=b" "OUTPUT=$data/qgis.gpkg")
    say "QGIS native:intersection, read and write" "$t" "$3"
}

run_grass() { # A B BASE
    command -v grass >/dev/null || return 0
    [ -d "$data/grass/utm" ] || { mkdir -p "$data/grass"; grass -c EPSG:32650 "$data/grass/utm" -e >/dev/null 2>&1; }
    t=$(median 1 grass "$data/grass/utm/PERMANENT" --exec sh -c \
        "v.in.ogr --o --q input=$data/$1.gpkg layer=a output=a && v.in.ogr --o --q input=$data/$2.gpkg layer=b output=b")
    say "GRASS v.in.ogr, both layers" "$t" "$3"
    t=$(median "$peer_runs" grass "$data/grass/utm/PERMANENT" --exec v.overlay --o ainput=a binput=b \
        operator=and output=ab)
    say "GRASS v.overlay" "$t" "$3"
}

pair() { # TITLE A B
    here "$1"
    base=$(median "$runs" "$build/guotu" weave "$data/$2.gpkg" "$data/$3.gpkg" --account "$data/account.csv")
    say "guotu weave: account, read and write" "$base"
    t=$(median "$runs" sh -c "'$build/guotu' weave '$data/$2.gpkg' '$data/$3.gpkg' --account '$data/account.csv' \
        --qc '$data/qc.csv' || [ \$? -eq 1 ]")
    say "guotu weave: and the faults of both coverages" "$t" "$base"
    t=$(median "$runs" "$build/guotu" weave "$data/$2.gpkg" "$data/$3.gpkg" --account "$data/account.csv" \
        --atoms "$data/atoms.gpkg")
    say "guotu weave: and the polygons of all pieces" "$t" "$base"
    t=$(median "$runs" "$build/bench/bench_weave_files" -p 1 "$data/$2.gpkg" "$data/$3.gpkg")
    say "guotu: areas alone, edge pairs" "$t" "$base"
    t=$(median "$runs" "$build/bench/bench_weave_files" -t 1 -p 1 "$data/$2.gpkg" "$data/$3.gpkg")
    say "guotu: areas alone, edge pairs, one thread" "$t" "$base"
    if [ -n "${FLOOR:-}" ]; then
        t=$(median "$runs" "$FLOOR" "$data/$2.gpkg" a "$data/$3.gpkg" b)
        say "floor: edge pairs, one thread" "$t" "$base"
    fi
    run_pg "$2" "$3" "$base"
}

ten() {
    files=
    for k in 1 2 3 4 5 6 7 8 9 10; do
        make_input l$k l$k 100000 $((10 + k))
        files="$files $data/l$k.gpkg"
    done
    here "ten layers of 100 000"
    # shellcheck disable=SC2086
    base=$(median "$runs" "$build/guotu" weave $files --by cls --account "$data/account.csv")
    say "guotu weave: one pass, by 20 classes each" "$base"
    have_pg || return 0
    pg_script
    sum=0
    work=0
    for k in 1 3 5 7 9; do
        load_pg l$k l$k
        load_pg l$((k + 1)) l$((k + 1))
        t=$(median_pg 1 l$k l$((k + 1)))
        sum=$(awk -v a="$sum" -v b="$t" 'BEGIN { print a + b }')
        work=$(awk -v a="$work" -v b="$(cpu)" 'BEGIN { print a + b }')
    done
    awk -v w="$work" 'BEGIN { print 9 * w }' >"$log.cpu"
    say "PostGIS: 45 pairs, from five that were run" "$(awk -v s="$sum" 'BEGIN { print 9 * s }')" "$base"
}

growth() {
    here "growth: time an edge"
    for size in "ga a 100000 31 gb 20000 32" "gc a 1000000 33 gd 200000 34" "ge a 5000000 35 gf 1000000 36"; do
        # shellcheck disable=SC2086
        set -- $size
        make_input "$1" a "$3" "$4"
        make_input "$5" b "$6" "$7"
        t=$(median "$runs" "$build/guotu" weave "$data/$1.gpkg" "$data/$5.gpkg" --account "$data/account.csv")
        edges=$(sed -n 's/ edges.*//p' "$log.out" | head -n 1)
        awk -v n="$3" -v e="$edges" -v t="$t" -v c="$(cpu)" -v m="$(rss)" -v f="$data/first" 'BEGIN {
            wall = 1e6 * t / e; work = 1e6 * c / e
            if (n == 100000) print wall, work >f
            else getline line <f
            split(n == 100000 ? wall " " work : line, base, " ")
            printf "  %8d x %-8d %10d edges %8.2f s  %.4f us an edge (%.2f x)  %.4f cpu us (%.2f x) %7.0f MB\n",
                n, n / 5, e, t, wall, wall / base[1], work, work / base[2], m / 1024 }'
    done
}

for task; do
    case $task in
    small)
        make_input a100k a 100000 1
        make_input b20k b 20000 2
        pair "100 000 x 20 000 polygons" a100k b20k
        run_qgis a100k b20k "$base"
        run_grass a100k b20k "$base"
        ;;
    large)
        make_input a500k a 500000 3
        make_input b100k b 100000 4
        pair "500 000 x 100 000 polygons" a500k b100k
        ;;
    ten) ten ;;
    growth) growth ;;
    *)
        echo "bench/weave.sh: unknown task $task" >&2
        exit 2
        ;;
    esac
done
