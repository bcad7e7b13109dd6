#!/bin/sh
# report year: pages and sheets of a small town, in both languages.
. "$(dirname "$0")/../cli/lib.sh"
command -v pdftotext >/dev/null || { echo "SKIPPED: needs poppler-utils"; exit 77; }
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

# an empty map is a report, too: everything is undecidable
code 0 report year 2024 -o "$work/empty.pdf"
pdftotext -layout "$work/empty.pdf" "$work/out"
says "4 indicators: 0 met, 0 on the path, 0 behind, 0 broken, 3 undecidable"
says "Nothing to compare"
says "missing: Land use"

file d.geojson "$(square 500000 4430000 500400 4431000 '"name":"west"')" "$(square 500400 4430000 500700 4431000 '"name":"middle"')" \
    "$(square 500700 4430000 501000 4431000 '"name":"east"')"
file a.geojson "$(square 500000 4430000 500450 4431000 '"code":"p1","dlbm":"0103"')" "$(square 500450 4430000 501000 4431000 '"code":"p2","dlbm":"0701"')"
file b.geojson "$(square 500000 4430000 500350 4431000 '"code":"p1","dlbm":"0103"')" "$(square 500350 4430000 501000 4431000 '"code":"p2","dlbm":"0701"')"
code 0 load districts "$work/d.geojson" --as-of 2019-12-31
code 0 load land_use "$work/a.geojson" --as-of 2023-12-31
code 0 load land_use "$work/b.geojson" --as-of 2024-12-31
printf 'series,place,time,value\nstock,,2022,9\nstock,,2023,10\nstock,,2024,10.5\n' >"$work/s.csv"
code 0 series load "$work/s.csv" --origin generated

code 0 report year 2024 -o "$work/r.pdf"
pdftotext -layout "$work/r.pdf" "$work/out"
for what in "Yearly check-up of the plans' indicators, 2024" "What needs attention" "Holds generated data" "held only" \
    "By district" "Land use p1" "Land use p1: old outline → new outline" "Stock 2024 (generated)" "Land use 2024-12-31" "10 10⁴ m³" "Compared with the end of 2023"; do
    says "$what"
done
[ "$(pdfinfo "$work/r.pdf" | awk '/^Pages/ { print $2 }')" -ge 5 ] || fail "too few pages"
cp "$work/r.pdf" "$work/r1.pdf"
code 0 report year 2024 -o "$work/r.pdf"
cmp -s "$work/r.pdf" "$work/r1.pdf" || fail "the same report differs"
code 0 report year 2024 -o "$work/z.pdf" --lang zh
pdftotext -layout "$work/z.pdf" "$work/out"
says "年度体检报告（2024 年）"
says "变化及原因"
says "土地利用 p1：原边界 → 新边界"
says "土地利用 2024-12-31"
grep -q "land_use:" "$work/out" && fail "an id in a report for readers"

# a target that every district has for itself: missed by some, the indicator is broken, and it says by which
code 0 report year 2025 -o "$work/e.pdf"
pdftotext -layout "$work/e.pdf" "$work/out"
says "each ≤ 60 (2025) by NEW-003; 3 districts, 2 miss it: east 100 %, middle 100 %."
code 0 report year 2025 -o "$work/e.xlsx"
python3 - "$work/e.xlsx" <<'PY' || fail "the workbook does not say what each district is asked"
import sys, zipfile
text = zipfile.ZipFile(sys.argv[1]).read("xl/sharedStrings.xml").decode()
assert "each ≤ 60 (2025)" in text
PY

code 0 report year 2024 -o "$work/r.xlsx" --movers 1 --back 2
python3 - "$work/r.xlsx" <<'PY' || fail "the workbook"
import re, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
text = z.read("xl/sharedStrings.xml").decode()
for word in ("Farmland", "held only", "Land use p1", "Holds generated data", "west"):
    assert word in text, word
assert "land_use" not in text
assert len([n for n in z.namelist() if re.match(r"xl/worksheets/sheet\d+\.xml", n)]) == 5
assert any(n.startswith("xl/charts/chart") for n in z.namelist())
PY
code 0 report year 2024 -o "$work/z.xlsx" --lang zh
[ ! -e "$work/z.xlsx.part" ] || fail "a part is left"

code 2 report year 2024 -o "$work/r.doc"
says "a .pdf or an .xlsx"
code 2 report year 2024
code 2 report year soon -o "$work/r.pdf"
code 2 report month 2024 -o "$work/r.pdf"
code 2 report year 2024 -o "$work/r.pdf" --back 0
code 4 report year 2024 -o "$work/none/r.pdf"
code 4 report year 2024 -o "$work/none/r.xlsx"
finish
