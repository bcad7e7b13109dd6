#!/bin/sh
# series load from a workbook: what is good is taken, what is wrong is named row by row, a damaged file is refused.
. "$(dirname "$0")/../cli/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
code 0 init --package "$GT_SOURCE_DIR/tests/indicator/package"

book() { # book FILE ROW...: a workbook of one sheet, cells of a row divided by |
    python3 - "$work/$1" "$@" <<'PY'
import sys, zipfile
from xml.sax.saxutils import escape
out, rows = sys.argv[1], [r.split("|") for r in sys.argv[3:]]
def cell(text, row, column):
    ref = f"{chr(65 + column)}{row}"
    try:
        float(text)
        return f'<c r="{ref}"><v>{text}</v></c>'
    except ValueError:
        return f'<c r="{ref}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
sheet = "".join(f'<row r="{i}">' + "".join(cell(t, i, k) for k, t in enumerate(r) if t) + "</row>"
                for i, r in enumerate(rows, 1))
main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
pack = "http://schemas.openxmlformats.org/package/2006"
parts = {
    "[Content_Types].xml": f'<Types xmlns="{pack}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
}
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    for name, text in parts.items():
        z.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
PY
}

book good.xlsx "series|place|time|value|unit" "gdp|west|2023|2|yi_yuan" "gdp|east|2023|6|yi_yuan" "gdp|west|2025|3.25|yi_yuan" \
    "stock|全市|2021|10|wan_m3"
code 0 series load "$work/good.xlsx" --origin generated
says "4 rows, 2 series: 4 new"
says "gdp, west: nothing for 2024"
code 0 series show gdp --format csv
says "west,2025,3.25,yi_yuan"
code 0 series show gdp --format csv --lang zh
code 0 series load "$work/good.xlsx"
says "4 the same"
code 0 log --verify

# the same table in Chinese, and as CSV, says the same
book zh.xlsx "序列|地区|时间|数值|单位" "gdp|west|2023|2|yi_yuan"
code 0 series load "$work/zh.xlsx"
says "1 the same"
printf 'series,place,time,value,unit\ngdp,west,2025,3.25,yi_yuan\n' >"$work/same.csv"
code 0 series load "$work/same.csv"
says "1 the same"

# what is wrong is named, all of it, and nothing is stored
book bad.xlsx "series|place|time|value|unit" "gdp||2020|5|yi_yuan" "gdp||2020|6|yi_yuan" "gpd||2020|6|yi_yuan" \
    "gdp||2021|many|yi_yuan" "gdp||2021|1001|yi_yuan" "gdp||2999|7|yi_yuan" "gdp||2021|7|km2"
code 3 series load "$work/bad.xlsx"
for what in "stands in the table twice" "no series is called 'gpd'" "1001 yi_yuan is impossible" "2999 lies ahead" \
    "km2 cannot be turned into yi_yuan"; do
    says "$what"
done
code 0 series show gdp --format csv
grep -q ",2020," "$work/out" && fail "a table with faults was stored in part"

book short.xlsx "place|value" "west|1"
code 3 series load "$work/short.xlsx"
says "no column 'series'"

# damaged: cut off, no zip at all, empty, a picture by that name
head -c 700 "$work/good.xlsx" >"$work/cut.xlsx"
code 3 series load "$work/cut.xlsx"
printf 'series,place\n' >"$work/text.xlsx"
code 3 series load "$work/text.xlsx"
: >"$work/empty.xlsx"
code 3 series load "$work/empty.xlsx"
code 3 series load "$work/none.xlsx"
code 0 series show gdp --format csv
says "3.25"
finish
