#!/bin/sh
# Edits made in onemap.gpkg by another program: seen, named, adopted as a revision or put back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/town.sh"
package=$GT_SOURCE_DIR/tests/check/package
town "$package"
gpkg=$work/w/onemap.gpkg

# As QGIS does it: through OGR, which brings ST_IsEmpty and the like for the index triggers.
command -v ogrinfo >/dev/null || { echo "SKIPPED: needs ogrinfo"; exit 77; }
edit() { ogrinfo -q "$gpkg" -sql "$1" >"$work/ogr" 2>&1 || fail "ogrinfo: $(cat "$work/ogr")"; }

code 0 adopt --list
says "no edits outside a revision"
code 0 adopt --message nothing
says "no edits outside a revision"
code 0 log --verify
code 0 log
before=$(grep -c "tester" "$work/out")

edit "UPDATE basic_farmland SET grade = 5"
edit "UPDATE districts SET name = '西城区' WHERE name = '西区'"
code 3 log --verify
says "guotu adopt --message TEXT"
code 0 adopt --list
says "basic_farmland: 1 rows"
says "districts: 1 rows"
code 0 adopt --list --format json
says '{"layer":"basic_farmland","rows":1}'
python3 -m json.tool "$work/out" >/dev/null || fail "json of adopt --list"

# Closed to other changes until then, and the hint names the verb.
GUOTU_LANG=zh
code 3 load basic_farmland "$work/farm.geojson" --as-of 2023-01-01
says "guotu adopt --discard"
GUOTU_LANG=en

code 2 adopt
says "--message"
code 3 adopt no_such_layer --message x
code 2 adopt a b --message x
code 0 adopt --list districts
says "districts: 1 rows"
grep -q farmland "$work/out" && fail "a layer that was not asked for"

# One layer is put back, the other adopted.
code 0 adopt basic_farmland --discard
says "the rows are as they were"
code 0 adopt --message "name as gazetted" --reason "notice 7" --author lin --format json
says '{"layer":"districts","rows":1}'
python3 -m json.tool "$work/out" >/dev/null || fail "json of adopt"
code 0 log --verify
code 0 log
says "name as gazetted (notice 7)"
says "lin"
[ "$(grep -c "tester\|lin " "$work/out")" -eq $((before + 2)) ] || fail "two revisions were wanted"
[ "$(ogrinfo -q "$gpkg" -sql "SELECT grade FROM basic_farmland" | grep -c "= 2")" -eq 1 ] ||
    fail "the discarded edit is still there"
[ "$(ogrinfo -q "$gpkg" -sql "SELECT name FROM districts WHERE name = '西城区'" | grep -c 西城区)" -eq 1 ] ||
    fail "the adopted edit is gone"

# A shape moved: its area is computed anew; a row deleted and one added in the same edit.
edit "UPDATE basic_farmland SET geom = (SELECT geom FROM districts WHERE name = '东区')"
edit "DELETE FROM land_use WHERE dlbm = '0701'"
edit "INSERT INTO land_use (dlbm, geom) SELECT '0701', geom FROM districts WHERE name = '东区'"
code 0 adopt --message "new boundary" --as-of 2024-05-01
code 0 log --verify
area=$(ogrinfo -q "$gpkg" -sql "SELECT gt_area_m2 AS a FROM basic_farmland" | sed -n 's/.*a (Real) = //p')
python3 -c "import sys; a = float(sys.argv[1]); sys.exit(not 3990000 < a < 4010000)" "${area:-0}" ||
    fail "area after the edit: $area"
code 0 export land_use "$work/past.geojson" --as-of 2023-01-01
[ "$(grep -c Feature\" "$work/past.geojson")" -eq 2 ] || fail "the past was lost"

# What the standard forbids is not adopted, and nothing is half done.
edit "UPDATE districts SET name = NULL WHERE name = '东区'"
code 3 adopt --message "no name"
says "name"
code 0 adopt --list
says "districts: 1 rows"
code 0 adopt --discard
code 0 log --verify
finish
