#!/bin/sh
# check --bulk on a town of squares: the same answers as one by one, a GeoPackage that reads back.
. "$(dirname "$0")/../cli/lib.sh"
code 0 init --package "$GT_SOURCE_DIR/tests/check/package"

square() { # square X0 Y0 X1 Y1 PROPERTIES
    printf '{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}}' \
        "$5" "$1" "$2" "$3" "$2" "$3" "$4" "$1" "$4" "$1" "$2"
}
file() { # file NAME FEATURE...
    name=$1
    shift
    printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[' >"$work/$name"
    comma=
    for f in "$@"; do
        printf '%s%s' "$comma" "$f" >>"$work/$name"
        comma=,
    done
    printf ']}' >>"$work/$name"
}
file d.geojson "$(square 500000 4430000 502000 4432000 '"name":"west"')"
file f.geojson "$(square 500100 4430100 501100 4430600 '"grade":2')"
code 0 load districts "$work/d.geojson"
code 0 load basic_farmland "$work/f.geojson"

on='500200 4430200 500300 4430300'
off='501200 4431200 501300 4431300'
out='600000 4430000 600100 4430100'
file s.geojson "$(square $on '"name":"on","use":"park","national":false')" \
    "$(square $off '"name":"off","use":"park","national":false')" \
    "$(square $out '"name":"out","use":"park"')" \
    "$(square $on '"name":"odd","floors":"many"')"
code 1 check --bulk "$work/s.geojson" --type project -o "$work/findings.gpkg"
says "4 checked"
says "2 refused"
says "farmland-stays"
says "outside the territory"
says "'many' is no integer"

# the same as one by one
for s in on off; do
    eval "place=\$$s"
    file one.geojson "$(square $place '"use":"park"')"
    got=0
    "$GUOTU" -q -w "$work/w" check "$work/one.geojson" --type project --set use=park --set national=no \
        --format json >"$work/$s.json" 2>/dev/null || got=$?
    want=$(sed -n 's/^{"result":"\([a-z]*\)".*/\1/p' "$work/$s.json")
    said=$(python3 - "$work/findings.gpkg" "$s" <<'PY' 2>/dev/null || echo skip
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("select result from verdicts where name = ?", (sys.argv[2],)).fetchone()[0])
PY
)
    [ "$said" = skip ] || [ "$said" = "$want" ] || fail "$s: bulk says $said, one by one $want"
done

code 1 check --bulk "$work/s.geojson" --type project --format json
says '"subjects":4,"refused":2'
says '{"rule":"farmland-stays","fail":1,'
code 1 check --bulk "$work/s.geojson" --type project --all -o "$work/all.gpkg"

# a layer of the workspace; names from a column; a fact for all
code 1 check --bulk basic_farmland --type project --set use=park --set national=no --name grade
says "1 checked"
code 1 --memory 64M check --bulk "$work/s.geojson" --type project

# parts of one project that come in one file are judged together, and with what was decided before
north='501200 4431000 501380 4431160'
south='501200 4430800 501380 4430960'
third='501500 4430800 501700 4430960'
file parts.geojson "$(square $north '"name":"north","project":"P1"')" \
    "$(square $third '"name":"third","project":"P2"')" \
    "$(square $south '"name":"south","project":"P1"')"
code 0 check --bulk "$work/parts.geojson" --type piece
file fourth.geojson "$(square 501500 4431000 501700 4431160 '"name":"fourth"')"
code 0 check "$work/fourth.geojson" --type piece --project P2 --name fourth --decide accept
code 1 check --bulk "$work/parts.geojson" --type piece -o "$work/parts.gpkg"
says "1 not conforming"
sed 's/"P2"/"P1"/' "$work/parts.geojson" >"$work/joined.geojson"
code 1 check --bulk "$work/joined.geojson" --type piece -o "$work/joined.gpkg"
says "3 not conforming"
code 1 check --bulk "$work/joined.geojson" --type piece --project PROJECT
code 0 check --bulk "$work/joined.geojson" --type piece --project name
code 2 check --bulk "$work/joined.geojson" --type piece --project plan
says "no column 'plan'"
if command -v python3 >/dev/null; then
    python3 - "$work/parts.gpkg" "$work/joined.gpkg" <<'PY' || fail "the findings of parts judged together"
import sqlite3, sys
one, all = (sqlite3.connect(p) for p in sys.argv[1:])
v = dict((n, (r, p)) for n, r, p in one.execute("select name, result, project from verdicts"))
assert v == {"north": ("pass", "P1"), "south": ("pass", "P1"), "third": ("fail", "P2")}, v
f = one.execute("select name, rule, together, together_m2 from findings where result = 'fail'").fetchall()
assert len(f) == 1 and f[0][:3] == ("third", "piece-size", 1) and abs(f[0][3] - 64000) < 80, f
f = all.execute("select name, together, together_m2 from findings where rule = 'piece-size'").fetchall()
assert len(f) == 3 and all.execute("select min(together), max(together) from findings").fetchone() == (2, 2), f
PY
fi

# what is wrong is said, and nothing is left behind
code 2 check --bulk "$work/s.geojson" --type nobody
code 2 check --bulk "$work/s.geojson" --type project -o "$work/findings.csv"
says "FILE.gpkg"
code 2 check --bulk "$work/s.geojson" --type project --name nothing
says "no column 'nothing'"
code 2 check --bulk "$work/s.geojson" "$work/one.geojson"
code 2 check --bulk "$work/s.geojson" --type project --set colour=red
code 2 check --bulk "$work/s.geojson" --type project --as-of tomorrow
code 3 check --bulk "$work/none.geojson" --type project
printf 'no map at all' >"$work/bad.geojson"
code 3 check --bulk "$work/bad.geojson" --type project -o "$work/none.gpkg"
[ ! -e "$work/none.gpkg" ] || fail "a file is left of a run that failed"
code 4 check --bulk "$work/s.geojson" --type project -o "$work/no/such/folder.gpkg"
finish
