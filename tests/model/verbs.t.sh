#!/bin/sh
# The verbs model, run and lineage; the reference page is what the descriptors say today.
. "$(dirname "$0")/../cli/lib.sh"

sh "$GT_SOURCE_DIR/tools/gen_model_reference.sh" "$GUOTU" "$work" || fail "the page could not be made"
for page in models.md models.zh.md; do
    cases=$((cases + 1))
    diff "$GT_SOURCE_DIR/docs/reference/$page" "$work/$page" >"$work/diff" ||
        fail "docs/reference/$page is not current: run sh tools/gen_model_reference.sh
$(head -n 20 "$work/diff")"
done
code 0 model list
says "rusle"
code 0 model list --format json
says '"name":"rusle","group":"soil"'
python3 -c 'import json,sys; assert len(json.load(open(sys.argv[1]))) > 20' "$work/out" || fail "list is not JSON"
code 0 model help rusle
says "Renard et al. 1997"
code 0 model help rusle --format json
says '"reach":"local"'
code 0 --lang zh model help rusle
says "土壤侵蚀"
code 3 model help rusl
says "did you mean 'rusle'"
code 2 model help
code 2 model fly
code 2 run rusle --in "$work/a.tif" --out "$work/b.tif"
says "NAME=VALUE"
code 2 run rusle --out "$work/b.tif"
says "needs ls"
code 3 run slop --out "$work/b.tif"
says "did you mean 'slope'"
code 3 run slope --in "$work/none.tif" --out "$work/b.tif"
code 3 run slope --in dim=x.tif --out "$work/b.tif"
says "it has: dem"
code 3 lineage "$work/none.tif"

command -v gdal_translate >/dev/null || {
    echo "SKIPPED in part: gdal_translate is needed to make grids"
    finish
    exit $?
}
{
    printf 'ncols 5\nnrows 1\nxllcorner 500000\nyllcorner 4400000\ncellsize 10\nNODATA_value -9999\n'
    echo "50 30 10 6 4"
} >"$work/v.asc"
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/v.asc" "$work/v.tif"
code 0 run share-grade --in "$work/v.tif" --out "$work/g.tif" --with "shares=50 %, 80 %"
gdal_translate -q -of AAIGrid "$work/g.tif" "$work/g.asc"
[ "$(tail -n 1 "$work/g.asc" | tr -s ' ' | sed 's/^ //;s/ $//')" = "3 2 1 1 1" ] ||
    fail "grades of the card"
# the memory law beforehand; nothing is made
code 0 run cost-distance --in friction="$work/v.tif" --in sources="$work/v.tif" --out "$work/no.tif" --plan
says "12 bytes a cell"
[ ! -e "$work/no.tif" ] || fail "a plan made something"
code 0 run distance --in "$work/v.tif" --out "$work/no.tif" --plan --format json
says '"cells":5,'
says '"scratch":20,"fits":true}'
# what must stay in memory and passes the ceiling: the answer is no
code 1 --memory 8M run circuit-current --in resistance="$work/v.tif" --in patches="$work/v.tif" --out "$work/no.tif" --plan
says "more than the ceiling"
code 0 --lang zh run slope --in "$work/v.tif" --out "$work/no.tif" --plan
says "内存至多"
code 3 run slope --in "$work/none.tif" --out "$work/no.tif" --plan
code 2 run cost-distance --in friction="$work/v.tif" --out "$work/no.tif" --plan
code 0 lineage "$work/g.tif"
says '"model":"share-grade"'
says '"file":"v.tif"'
says '"shares":"50 %, 80 %"'
code 1 lineage "$work/v.tif"
says "no lineage"
code 3 run classify --in "$work/v.tif" --out "$work/c.tif" --with "breaks=3, 2"
[ ! -e "$work/c.tif" ] || fail "an output of a run that failed"
# points and lines of a file in degrees come to the cells of a grid
printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:4548"}},"features":[%s,%s,%s]}' \
    '{"type":"Feature","properties":{"name":"a,b","n":2},"geometry":{"type":"Point","coordinates":[500015,4400005]}}' \
    '{"type":"Feature","properties":{"name":"c","n":1},"geometry":{"type":"MultiPoint","coordinates":[[500041,4400002],[500060,4400005]]}}' \
    '{"type":"Feature","properties":{"name":null,"n":null},"geometry":null}' >"$work/p.json"
code 0 run sample --in a="$work/v.tif" --in b="$work/g.tif" --in points="$work/p.json" --out table="$work/t.csv" --with id=name
cat >"$work/want.csv" <<'E'
id,x,y,a,b
"a,b",500015,4400005,30,2
c,500041,4400002,4,1
c,500060,4400005,,
E
cmp "$work/t.csv" "$work/want.csv" || fail "the table of samples: $(cat "$work/t.csv")"
code 0 run sample --in a="$work/v.tif" --in points="$work/p.json" --out table="$work/t.csv" --with way=bilinear
grep -q '^1,500015,4400005,30$' "$work/t.csv" || fail "bilinear, by record"
code 3 run sample --in a="$work/v.tif" --in points="$work/p.json" --out table="$work/t2.csv" --with id=nome
says "no field nome; it has: name, n"
[ ! -e "$work/t2.csv" ] || fail "a table of a run that failed"
code 0 run kernel-density --in like="$work/v.tif" --in features="$work/p.json" --out "$work/k.tif" --with bandwidth=20 --with weight=n --with per=m2 --with edge=renormalize
gdal_translate -q -of AAIGrid "$work/k.tif" "$work/k.asc"
# all three points reach a cell: 2 + 1 + 1 over cells of 100 m2
[ "$(tail -n 1 "$work/k.asc" | awk '{ s = 0; for (i = 1; i <= NF; i++) s += $i; printf "%.4f", s * 100 }')" = 4.0000 ] ||
    fail "weights are not kept"
code 3 run kernel-density --in like="$work/v.tif" --in features="$work/p.json" --out "$work/k.tif" --with bandwidth=20 --with weight=name
says "not a number of 0 or more"
code 2 run kernel-density --in like="$work/v.tif" --in features="$work/p.json" --out "$work/k.tif"
code 2 run kernel-density --in like="$work/v.tif" --in features="$work/p.json" --out "$work/k.tif" --with bandwidth=2
printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:4548"}},"features":[%s]}' \
    '{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[500000,4400005],[500050,4400005]]}}' >"$work/l.json"
code 0 run kernel-density --in like="$work/v.tif" --in features="$work/l.json" --out "$work/k.tif" --with bandwidth=20 --with per=m2 --with edge=renormalize
gdal_translate -q -of AAIGrid "$work/k.tif" "$work/k.asc"
[ "$(tail -n 1 "$work/k.asc" | awk '{ s = 0; for (i = 1; i <= NF; i++) s += $i; printf "%.2f", s * 100 }')" = 50.00 ] ||
    fail "the length of a line is not kept"
code 3 run sample --in a="$work/v.tif" --in points="$work/l.json" --out table="$work/t2.csv"
says "points are wanted"
finish
