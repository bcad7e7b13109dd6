#!/bin/sh
# explain: a share of the whole moves by the feature that left, not by the ground it lay on; what a
# parcel became is told although it no longer counts.
. "$(dirname "$0")/../cli/lib.sh"
cp -r "$GT_SOURCE_DIR/tests/indicator/package" "$work/p"
cat >>"$work/p/all.yaml" <<'YAML'
- indicator: farm-of-all
  title: {zh: 耕地占区域比例, en: Farmland in the districts}
  clauses: [NEW-003]
  unit: "%"
  account: [land_use]
  count: big_class(land_use) = 'farm' AND district IS NOT NULL
  of: district IS NOT NULL
YAML
code 0 init --package "$work/p"

square() { # square X0 X1 PROPERTIES: a strip a kilometre high
    printf '{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%s,4430000],[%s,4430000],[%s,4431000],[%s,4431000],[%s,4430000]]]}}' \
        "$3" "$1" "$2" "$2" "$1" "$1"
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
p1=$(square 500000 500400 '"code":"p1","dlbm":"0103"')
p2=$(square 500400 500700 '"code":"p2","dlbm":"0103"')
p2built=$(square 500400 500700 '"code":"p2","dlbm":"0701"')
file d.geojson "$(square 500000 501000 '"name":"west"')"
file a.geojson "$p1" "$p2"
file b.geojson "$p2"
file c.geojson "$p2built"
code 0 load districts "$work/d.geojson" --as-of 2019-12-31
code 0 load land_use "$work/a.geojson" --as-of 2020-12-31
code 0 load land_use "$work/b.geojson" --as-of 2021-12-31
code 0 load land_use "$work/c.geojson" --as-of 2022-12-31

# 40 of 100 hectares left the map: the whole movement is that parcel's
code 0 explain farm-of-all --from 2020-12-31 --to 2021-12-31 --format json
python3 - "$work/out" <<'PY' || fail "the parcel that left is the movement"
import json, sys
e = json.load(open(sys.argv[1]))
assert abs(e["before"] - 70) < 0.01 and abs(e["after"] - 30) < 0.01, e
(only,) = e["contributions"]
assert only["where"] == "land_use:p1" and only["quanta"] == e["quanta"], e
assert only["before"] == "0103" and only["after"] == "", e
PY
# the revision that ended it, not the one that once brought it, and not a later one
"$GUOTU" -q -w "$work/w" log --format json >"$work/log"
rev=$(grep -o '"revision":[0-9]*' "$work/log" | tr -dc '0-9\n' | sort -n | tail -2 | head -1)
python3 -c "
import json, sys
e = json.load(open(sys.argv[1]))
assert e['contributions'][0]['revision'] == int(sys.argv[2]), (e, sys.argv[2])
" "$work/out" "$rev" || fail "the revision that ended a parcel"
# and back again, the same with the other sign
code 0 explain farm-of-all --from 2021-12-31 --to 2020-12-31 --format json
python3 - "$work/out" <<'PY' || fail "the parcel that came"
import json, sys
e = json.load(open(sys.argv[1]))
(only,) = e["contributions"]
assert only["where"] == "land_use:p1" and only["quanta"] == e["quanta"] > 0, e
PY
# farmland that was built over: what it is now
for id in farm-of-all farmland; do
    code 0 explain $id --from 2021-12-31 --to 2022-12-31 --format json
    python3 - "$work/out" <<'PY' || fail "$id: what the parcel became"
import json, sys
e = json.load(open(sys.argv[1]))
(only,) = e["contributions"]
assert only["where"] == "land_use:p2" and only["quanta"] == e["quanta"] < 0, e
assert (only["before"], only["after"]) == ("0103", "0701"), e
assert only["revision"] > 0, e
PY
done
# a share of the parcels themselves: the denominator goes with the parcel
code 0 explain built-share --from 2020-12-31 --to 2022-12-31 --format json
python3 - "$work/out" <<'PY' || fail "contributions do not sum"
import json, sys
e = json.load(open(sys.argv[1]))
assert sum(c["quanta"] for c in e["contributions"]) == e["quanta"] == 10**12, e
PY
# one end without a value: nothing to sum to
code 0 explain farm-of-all --from 2018-12-31 --to 2021-12-31 --format json
says '"quanta":null'
# a unit that is none
code 3 explain farm-of-all --from 2020-12-31 --to 2021-12-31 --unit Mars
says "no unit is called 'Mars'"
code 3 indicators --year 2021 --unit Mars
says "no unit is called 'Mars'"
code 0 explain farm-of-all --from 2020-12-31 --to 2021-12-31 --unit west
finish
