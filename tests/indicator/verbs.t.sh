#!/bin/sh
# indicators, warn, series: a town of squares whose answers are known.
. "$(dirname "$0")/../cli/lib.sh"
code 0 init --package "$GT_SOURCE_DIR/tests/indicator/package"

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

# nothing loaded: all is undecidable and nothing is an error
code 0 indicators --year 2024 --format json
[ "$(grep -c '"standing":"undecidable"' "$work/out")" -eq 4 ] || fail "four figures without data are undecidable"
says '"missing":"land_use"'
says '"missing":"stock 2024"'
code 0 warn --year 2024

file d.geojson "$(square 500000 4430000 500500 4431000 '"name":"west"')" "$(square 500500 4430000 501000 4431000 '"name":"east"')"
file a.geojson "$(square 500000 4430000 500450 4431000 '"code":"p1","dlbm":"0103"')" "$(square 500450 4430000 501000 4431000 '"code":"p2","dlbm":"0701"')"
file a2.geojson "$(square 500000 4430000 500400 4431000 '"code":"p1","dlbm":"0103"')" "$(square 500400 4430000 501000 4431000 '"code":"p2","dlbm":"0701"')"
code 0 load districts "$work/d.geojson" --as-of 2019-12-31
code 0 load land_use "$work/a.geojson" --as-of 2020-12-31
code 0 indicators --year 2025 --format csv
grep -q '^farmland,,0.45[0-9]*,km2,>= 0.5 (2025),broken,red,' "$work/out" || grep -q '^farmland,,0.44[0-9]*,km2,>= 0.5 (2025),broken,red,' "$work/out" || fail "0.45 km2 of farmland miss 0.5"
says "held; another plan prevails"
grep -q '^farmland,,0.4[0-9]*,km2,>= 0.4 (2025),met,green,' "$work/out" || fail "the newer plan is met"
grep -q '^built-share,west,10.0[0-9]*,%,<= 60 (2025),met' "$work/out" || grep -q '^built-share,west,9.9[0-9]*,%,<= 60 (2025),met' "$work/out" || fail "west is built by a tenth"
grep -q '^built-share,east,100,%,<= 60 (2025),broken' "$work/out" || fail "east is all built"
code 0 indicators --year 2018 --format csv
grep -q '^farmland,,,km2' "$work/out" || fail "before the survey nothing is known"
code 1 warn --year 2025
says "Built share"
grep -q "Farmland" "$work/out" && fail "a target that another plan overrules is no warning"

# series: what is wrong with each row is said, and nothing is stored
cat >"$work/bad.csv" <<'CSV'
series,place,time,value,unit
gdp,,2020,5,yi_yuan
gdp,,2020,6,yi_yuan
gpd,,2020,6,yi_yuan
gdp,,2021,many,yi_yuan
gdp,,2021,1001,yi_yuan
gdp,,2021-13,7,yi_yuan
gdp,,2999,7,yi_yuan
gdp,,2021,7,km2
CSV
code 3 series load "$work/bad.csv"
for what in "stands in the table twice" "no series is called 'gpd'" "'many' is no number" "1001 yi_yuan is impossible" \
    "'2021-13' is no year" "2999 lies ahead" "km2 cannot be turned into yi_yuan" "7 faults"; do
    says "$what"
done
code 0 series show --format csv
says "gdp,yi_yuan,,,0"
printf 'place,value\n,1\n' >"$work/short.csv"
code 3 series load "$work/short.csv"
says "no column 'series'"
code 3 series load "$work/none.csv"
code 2 series load
code 2 series sing
code 3 series show castle

cat >"$work/good.csv" <<'CSV'
序列,地区,时间,数值,单位
gdp,west,2023,2,yi_yuan
gdp,east,2023,6,yi_yuan
gdp,west,2025,3,yi_yuan
stock,全市,2021,10,wan_m3
stock,,2025,10,
level,well 1,2025-01,4,m
level,well 1,2025-02,0.6e1,m
level,well 2,2025-01,900,m
CSV
code 3 series load "$work/good.csv"
says "900 m is impossible"
sed -i 's/900,m/0.009,km/' "$work/good.csv"
code 0 series load "$work/good.csv" --origin generated
says "8 rows, 3 series: 8 new"
says "gdp, west: nothing for 2024"
code 0 series show level --format csv
says "well 2,2025-01,9,m"
code 0 series load "$work/good.csv"
says "8 the same"
code 0 log --verify
code 0 indicators --year 2023 --only output --format json
# (2 + 6) / 0.55 km2
python3 - "$work/out" <<'PY' || fail "output of 2023"
import json, sys
rows = json.load(open(sys.argv[1]))["rows"]
city = [r for r in rows if r["district"] is None][0]
assert abs(city["value"] - 8 / 0.55) < 0.01, city
assert city["standing"] == "behind" and city["grade"] == "yellow" and city["generated"], city
west = [r for r in rows if r["district"] == "west"][0]
assert abs(west["value"] - 2 / 0.05) < 0.1, west
PY
# a sum needs every place: east has nothing for 2025
code 0 indicators --year 2025 --only output --format json
says '"missing":"gdp 2025"'
code 0 indicators --year 2025 --only stock --level city --lang zh
says "进度滞后"
says "万立方米"
says "上升 (2025)"
says "OLD-002"
code 0 indicators --year 2025 --only output --lang zh
says "该年没有数据：生产总值 2025"
code 0 indicators --year 2025 --only stock --level city --format csv
says "indicator,district,value,unit,target,standing,grade,note,clause,strength,level,missing,vintage,generated,line"
says ",OLD-002,guidance,city,,stock 2025,generated,"
code 3 indicators --only castle
says "no indicator is called 'castle'"
code 0 explain output --from 2023-12-31 --to 2023-12-31
code 0 load land_use "$work/a2.geojson" --as-of 2022-12-31
rev=$("$GUOTU" -q -w "$work/w" log --format json | grep -o '"revision":[0-9]*' | head -1 | tr -dc 0-9)
code 0 explain farmland --from $((rev - 1)) --to "$rev" --format json
python3 - "$work/out" <<'PY' || fail "contributions do not sum"
import json, sys
e = json.load(open(sys.argv[1]))
assert sum(c["quanta"] for c in e["contributions"]) == e["quanta"] != 0, e
assert abs(e["after"] - e["before"] + 0.05) < 1e-3, e
assert {c["where"] for c in e["contributions"]} == {"land_use:p1"}, e
PY
code 0 explain farmland --from 2021-12-31 --to 2022-12-31 --unit west
says "Land use p1"
code 0 explain farmland --from 2021-12-31 --to 2022-12-31 --format csv
says ",west,land_use:p1,0103,0103,"
code 0 explain farmland --from 2019-12-31 --to 2022-12-31 --lang zh
says "一端无数值"
code 2 explain farmland --from 1
code 2 explain farmland --from yesterday --to 2
code 3 explain farmland --from 1 --to 99
code 3 explain castle --from 1 --to 2
code 2 indicators --year never
code 2 indicators --format png
code 2 indicators --level village
code 2 indicators --format xlsx
code 0 indicators --year 2025 --format xlsx -o "$work/i.xlsx"
unzip -p "$work/i.xlsx" xl/sharedStrings.xml | grep -q "held only" || fail "the workbook says nothing of targets held"
code 0 indicators --year 2025 --level town --only farmland
finish
