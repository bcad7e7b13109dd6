#!/bin/sh
# Vector tiles beside PostGIS (ST_AsMVT, one tile at a time) and GDAL (ogr2ogr -f MVT, zoom 6 to 14), the same
# polygons, in one run. Prints medians, seconds and ratios (peer / guotu: more than 1 is faster).
#   bench/tiles_peers.sh POLYGONS.gpkg LAYER [BUILD [PARTS]]      default: build/release "tile pyramid"
# PARTS: tile (needs PGHOST ... PGDATABASE of a PostGIS; the polygons are loaded into table $PG_TABLE, default a500k,
# when it is not there: id, cls, code, geom in EPSG:32650, GiST indexed; pgbench, wrk), pyramid (needs ogr2ogr; OGR_SECONDS=355 takes that
# figure of a run before instead of running it for six minutes).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
file=$1 layer=$2 build=${3:-$here/build/release} parts=${4:-tile pyramid} table=${PG_TABLE:-a500k}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_tiles.XXXXXX")
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT INT TERM
guotu() { "$build/guotu" -w "$work/w" -q "$@"; }
load() { echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"; }

mkdir "$work/package"
head -n 1 "$here/tests/check/package/clauses.csv" >"$work/package/clauses.csv"
cat >"$work/package/package.yaml" <<'Y'
package: tiles
title: {zh: 瓦片, en: Tiles}
version: "1.0"
crs: EPSG:32650
units: [{layer: districts, name: name}]
plans:
  - {plan: T, title: {zh: 瓦片, en: Tiles}, status: final, issued: 2022-01-01, from: 2021-01-01, to: 2035-12-31}
clauses: clauses.csv
files: [all.yaml]
Y
cat >"$work/package/all.yaml" <<'Y'
- layer: districts
  title: {zh: 行政区, en: Districts}
  theme: base
  geometry: polygon
  fields: [{name: name, type: text, required: true, zh: 名称, en: Name}]
  id_field: name
  source: test
- layer: parcels
  title: {zh: 图斑, en: Parcels}
  theme: base
  geometry: polygon
  fields:
    - {name: cls, type: int, zh: 类, en: Class}
    - {name: code, type: text, zh: 编码, en: Code}
  class_field: code
  source: test
Y
guotu init --package "$work/package"
guotu load parcels "$file" --layer "$layer" --as-of 2023-01-01

# ---- one tile: another one each time, from one client that keeps its connection
if [ "${parts#*tile}" != "$parts" ] && [ "$parts" != pyramid ]; then
    guotu serve --prepare
    guotu serve --port 0 >"$work/said" 2>/dev/null &
    server=$!
    while ! grep -q portal "$work/said"; do sleep 0.1; done
    base=$(sed -n 's/.* \(http:[^ ]*\)\/portal$/\1/p;s/^门户地址 \(.*\)\/portal$/\1/p' "$work/said")
    if [ -z "$(psql -qtAX -c "select to_regclass('$table')")" ]; then
        ogr2ogr -q -f PostgreSQL PG: "$file" "$layer" -nln "$table" --config PG_USE_COPY YES -lco UNLOGGED=ON \
            -lco GEOMETRY_NAME=geom -lco FID=id -lco SPATIAL_INDEX=GIST -nlt POLYGON
        psql -qX -c "vacuum (analyze) $table"
    fi
    psql -qtAX -c "create index if not exists ${table}_3857 on $table using gist(st_transform(geom,3857))" >/dev/null
    extent=$(psql -qtAX -F' ' -c "with e as (select st_envelope(st_transform(st_setsrid(st_extent(geom)::geometry,32650),3857)) g from $table)
        select st_xmin(g),st_ymin(g),st_xmax(g),st_ymax(g) from e")
    for z in 10 12 14; do
        # rows and columns of tiles that lie wholly inside
        span=$(echo "$extent" | awk -v z=$z '{h=20037508.342789244; s=2*h/2^z
            c0=int(($1+h)/s)+1; c1=int(($3+h)/s)-1; r0=int((h-$4)/s)+1; r1=int((h-$2)/s)-1
            if (c1<c0) c1=c0; if (r1<r0) r1=r0; print c0, c1, r0, r1}')
        set -- $span
        n=$([ $z = 10 ] && echo 40 || echo 400)
        cat >"$work/tile.sql" <<S
\set tx random($1, $2)
\set ty random($3, $4)
with e as (select st_tileenvelope($z,:tx,:ty) g)
select length(st_asmvt(q,'a',4096,'geom')) from (select a.id,a.cls,a.code,st_asmvtgeom(st_transform(a.geom,3857),e.g,4096,64,true) geom from $table a, e where a.geom && st_transform(e.g,32650)) q;
S
        cat >"$work/tile.lua" <<S
math.randomseed(7)
request = function()
  -- a parameter keeps the answer out of the cache: every tile is made
  return wrk.format("GET", string.format("/collections/parcels/tiles/WebMercatorQuad/$z/%d/%d?lang=en", math.random($3, $4), math.random($1, $2)))
end
done = function(s, l)
  print(string.format("RESULT %.3f %.3f %d %d", l:percentile(50) / 1000, l:percentile(99) / 1000, s.requests, s.errors.status))
end
S
        wrk -t1 -c1 -d1s -s "$work/tile.lua" "$base" >/dev/null # warm
        rm -f "$work"/log.*
        (cd "$work" && pgbench -n -M prepared -c 1 -t $((n / 10)) -f tile.sql >/dev/null 2>&1 &&
            pgbench -n -M prepared -c 1 -t $n -f tile.sql -l --log-prefix=log >/dev/null 2>&1)
        theirs=$(awk '{print $3/1000}' "$work"/log.* | sort -n | awk '{v[NR]=$1} END{printf "%.2f %.2f", v[int((NR+1)/2)], v[int(NR*0.99+0.5)]}')
        ours=$(wrk -t1 -c1 -d5s -s "$work/tile.lua" "$base" | sed -n 's/^RESULT //p')
        echo "$theirs $ours" | awk -v z=$z '{printf "z%d: PostGIS median %.2f ms, p99 %.2f; guotu median %.3f ms, p99 %.3f (%d tiles, %d refused); ratio %.1f\n", z, $1, $2, $3, $4, $5, $6, $1/$3}'
        load
    done
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
fi

# ---- the whole pyramid, from nothing but the loaded layer
if [ "${parts#*pyramid}" != "$parts" ]; then
    rm -rf "$work/w/cache/tiles"
    load
    /usr/bin/time -f '%e %U %S %M' -o "$work/ours" "$build/guotu" -w "$work/w" -q tiles parcels "$work/ours.mbtiles" --from 6 --to 14
    if [ -n "${OGR_SECONDS:-}" ]; then
        echo "$OGR_SECONDS 0 0 0" >"$work/theirs"
    else
        GDAL_NUM_THREADS=ALL_CPUS /usr/bin/time -f '%e %U %S %M' -o "$work/theirs" ogr2ogr -q -f MVT "$work/theirs.mbtiles" "$file" "$layer" \
            -dsco FORMAT=MBTILES -dsco MINZOOM=6 -dsco MAXZOOM=14 -dsco TEMPORARY_DB="$work/theirs_tmp.db"
    fi
    for f in theirs ours; do
        awk -v f=$f '{printf "pyramid z6-14, %s: %.1f s, processor %.1f s, %.0f MiB\n", f == "ours" ? "guotu tiles" : "ogr2ogr -f MVT", $1, $2 + $3, $4 / 1024}' "$work/$f"
        [ ! -s "$work/$f.mbtiles" ] || sqlite3 "$work/$f.mbtiles" "select '  '||count(*)||' tiles, '||round(sum(length(tile_data))/1e6,1)||' MB, largest '||(max(length(tile_data))/1000)||' kB' from tiles"
    done
    paste -d' ' "$work/theirs" "$work/ours" | awk '{printf "ratio %.1f (wall)", $1 / $5; if ($2 > 0) printf ", %.1f (processor)", ($2 + $3) / ($6 + $7); print ""}'
    load
fi
