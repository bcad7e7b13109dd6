#!/bin/sh
# Other programs as clients, without a plugin: ogr2ogr reads, filters and pages by its OAPIF driver, which writes nothing
# (GDAL 3.6: "ro"), so what it makes is posted; QGIS's headless process opens a collection, in any system, and cuts it out.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
ogrinfo --formats 2>/dev/null | grep -q OAPIF || { echo "SKIPPED: needs ogr2ogr with its OAPIF driver"; exit 77; }
ledger_town
code 0 actor grant bureau --role editor --ledger layer:basic_farmland --action write --as bureau
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
count() { ogrinfo -ro -so -al "$1" 2>/dev/null | sed -n 's/^Feature Count: //p'; }
is() { # WANT GOT WHAT
    cases=$((cases + 1))
    [ "$1" = "$2" ] || fail "$3: $2, wanted $1"
}

# ---- reads, filters, writes what it read
code_of() {
    cases=$((cases + 1))
    "$@" >"$work/ogr" 2>&1 || { fail "$*"; cat "$work/ogr"; }
}
code_of ogr2ogr -f GPKG "$work/all.gpkg" "OAPIF:$base" districts
is 2 "$(count "$work/all.gpkg")" "districts read"
code_of ogr2ogr -f GPKG "$work/some.gpkg" "OAPIF:$base" districts -where "name = '西区'"
is 1 "$(count "$work/some.gpkg")" "districts filtered"
code_of ogr2ogr -f GPKG "$work/near.gpkg" "OAPIF:$base" districts -spat 117.030 40.005 117.040 40.010
is 1 "$(count "$work/near.gpkg")" "districts of a box"
code_of ogr2ogr -f GPKG "$work/work.gpkg" "OAPIF:$base" land_use -t_srs EPSG:4548
cases=$((cases + 1))
ogrinfo -ro -so -al "$work/work.gpkg" | grep -q 'Extent: (5000' || fail "the working system is not reached"
cases=$((cases + 1)) # its pages are followed
code_of ogr2ogr -f GPKG "$work/paged.gpkg" "OAPIF:$base" districts -oo PAGE_SIZE=1
is 2 "$(count "$work/paged.gpkg")" "districts by pages of one"
cases=$((cases + 1))
ogrinfo -ro -al "OAPIF:$base" no_such >"$work/ogr" 2>&1 && grep -q '^OGRFeature' "$work/ogr" && fail "a layer that is not there was read"

# ---- its driver writes nothing; features made with it are posted one by one, each a revision with who and why
cases=$((cases + 1))
ogrinfo --format OAPIF | grep -qi 'supports: create\|DCAP_CREATE' && fail "the OAPIF driver writes now: let it"
password=$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
get 200 /session -X POST -H "$json" -d "{\"account\":\"bureau\",\"password\":\"$password\"}"
cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
csrf=$(value '["csrf"]')
get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"password":"bureau bureau"}'
get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"ogr"}'
token=$(value '["token"]')
python3 - "$work/new.geojson" <<'PY'
import json, sys
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
def box(x, y, w):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]]]}
json.dump({"type": "FeatureCollection", "crs": crs, "features": [
    {"type": "Feature", "properties": {"grade": 3}, "geometry": box(1300 + 100 * i, 1500, 60)} for i in range(3)]}, open(sys.argv[1], "w"))
PY
ogr2ogr -f GPKG "$work/new.gpkg" "$work/new.geojson"
ogr2ogr -f GeoJSONSeq /vsistdout/ "$work/new.gpkg" 2>/dev/null | while read -r feature; do
    curl -s -o /dev/null -w '%{http_code}\n' -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/geo+json' \
        -H 'X-Reason: from%20ogr2ogr' -d "$feature" "$base/collections/basic_farmland/items"
done >"$work/codes"
is "201 201 201" "$(tr '\n' ' ' <"$work/codes" | sed 's/ $//')" "features posted"
code_of ogr2ogr -f GPKG "$work/after.gpkg" "OAPIF:$base" basic_farmland
is 4 "$(count "$work/after.gpkg")" "features read again"
get 200 /revisions -H "Authorization: Bearer $token"
holds 'd["revisions"][0]["reason"] == "from ogr2ogr" and d["revisions"][0]["author"] == "bureau"'

# ---- QGIS
if command -v qgis_process.bin >/dev/null; then
    export QT_QPA_PLATFORM=offscreen HOME="$work" XDG_RUNTIME_DIR="$work"
    at="pagingEnabled='true' restrictToRequestBBOX='1' url='$base' version='OGC_API_FEATURES'"
    code_of timeout 300 qgis_process.bin run native:savefeatures --INPUT="OAPIF://$at typename='districts'" --OUTPUT="$work/q.gpkg"
    is 2 "$(count "$work/q.gpkg")" "QGIS reads"
    code_of timeout 300 qgis_process.bin run native:extractbyattribute --INPUT="OAPIF://$at typename='districts'" --FIELD=name --OPERATOR=0 --VALUE=西区 --OUTPUT="$work/q1.gpkg"
    is 1 "$(count "$work/q1.gpkg")" "QGIS filters"
    grep -q '"target":"/collections/districts/items' "$work/log" || fail "QGIS asked nothing"
else
    echo "SKIPPED in part: no qgis_process"
fi
stop
finish
