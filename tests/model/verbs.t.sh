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
code 0 lineage "$work/g.tif"
says '"model":"share-grade"'
says '"file":"v.tif"'
says '"shares":"50 %, 80 %"'
code 1 lineage "$work/v.tif"
says "no lineage"
code 3 run classify --in "$work/v.tif" --out "$work/c.tif" --with "breaks=3, 2"
[ ! -e "$work/c.tif" ] || fail "an output of a run that failed"
finish
