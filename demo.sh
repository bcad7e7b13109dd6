#!/bin/sh
# One command from a bare Debian 12 to answers: installs what is missing, builds, lays out Beijing's one
# map and leaves demo/ with the workspace, a verdict, an area table and pictures.
#   ./demo.sh                 open data from packages, the rest generated (marked as such)
#   GUOTU_DATA=DIR ./demo.sh  uses the real data sets in DIR where they exist
set -eu
cd "$(dirname "$0")"
began=$(date +%s)
sh tools/install_deps.sh demo

say() { printf '\n== %s\n' "$1"; }

say "build"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build build/release --target guotu guotu-io -j "$(nproc)" >build/release/build.log 2>&1 ||
    { tail -n 40 build/release/build.log; exit 1; }
guotu() { build/release/guotu -w demo/workspace "$@"; }
build/release/guotu --version
sh web/build.sh >build/release/web.log 2>&1 || echo "the portal's pages were not built: see build/release/web.log"

say "open data"
open=${GUOTU_DATA:-build/open-data}
if [ -z "${GUOTU_DATA:-}" ]; then
    sh tools/fetch_open_data.sh build/open-data
fi

# What the demo is made from; unchanged inputs leave demo/ as it is.
stamp=$(cat build/release/guotu build/release/guotu-io demo.sh tools/demo_site.geojson \
    $(find plans/beijing "$open" -type f | sort) | cksum; echo "${GUOTU_DATA:-}")
if [ -f demo/.stamp ] && [ "$(cat demo/.stamp)" = "$stamp" ] && [ -f demo/map.png ]; then
    echo "demo/ is up to date"
    cat demo/verdict.txt
    exit 0
fi
rm -rf demo
mkdir -p demo

say "one map"
guotu init --package beijing
guotu synth --open "$open"
guotu layers
guotu log --verify

say "a verdict"
cp tools/demo_site.geojson demo/site.geojson
code=0
guotu check demo/site.geojson --type project --set use=logistics --name "示例物流园 / sample logistics park" \
    --picture demo/verdict.png >demo/verdict.txt || code=$?
[ "$code" -le 1 ] || exit "$code"
guotu check demo/site.geojson --type project --set use=logistics --format json >demo/verdict.json || [ $? -eq 1 ]
guotu check demo/site.geojson --type project --set use=logistics --picture demo/verdict.pdf >/dev/null || [ $? -eq 1 ]
cat demo/verdict.txt

say "areas"
guotu areas --by district,big_class | tee demo/areas.txt
guotu areas --by district,land_class --format csv >demo/areas.csv
guotu areas --by district,land_class --format json >demo/areas.json
# Districts of the table by class against the table by district alone, and against the outlines
# themselves, measured one by one. Both tables come from one account; the outlines differ from it by
# what drawing 45 layers on a 1 mm grid moves.
guotu areas --by district --format csv >demo/districts.csv
outlines=$(guotu layers --format json | sed -n 's/.*"id":"districts".*"area_m2":\([0-9.]*\).*/\1/p')
awk -F, -v outlines="$outlines" '
    FNR == 1 { file++; next }
    $1 == "" { next }
    file == 1 { city += $2 }
    file == 2 { parts += $3 }
    END { printf "districts by class sum to %.4f m2, the city is %.4f m2: %.4f m2 apart\n", parts, city, parts - city
          printf "the outlines one by one: %.1f m2, %.1f m2 apart (1 mm grid)\n", outlines, outlines - city }' \
    demo/districts.csv demo/areas.csv

say "indicators"
guotu indicators --year 2025 --level city >demo/indicators.txt
guotu warn --year 2025 >demo/warnings.txt || [ $? -eq 1 ]
cat demo/warnings.txt
guotu report year 2025 -o demo/report-2025.pdf
guotu --lang zh report year 2025 -o demo/report-2025.zh.pdf
guotu report year 2025 -o demo/report-2025.xlsx

say "models"
# those behind the maps below, with all that they need; `guotu run` alone runs every model of the package
for model in security-pattern soil-loss restoration-priority underground-constraint ecosystem-value; do
    guotu run $model
done >demo/models.txt
awk '$1 != "fresh" { n[$1]++ } END { for (k in n) printf "%d models: %s\n", n[k], k }' demo/models.txt

say "a ledger open to the public"
guotu actor add public --title 公众 --title-en Public --as generated
for action in add attach read; do
    guotu actor grant public --role resident --ledger public_voices --action $action --as generated
done

say "maps"
guotu map --view current-land-use -o demo/map.png
guotu map --view three-lines -o demo/three-lines.png
for grid in security_pattern soil_loss restoration_order underground_constraint ecosystem_value; do
    guotu map --grid $grid -o demo/$grid.png
done
guotu clauses --plan LND >demo/clauses.txt
tail -n 1 demo/clauses.txt

echo "$stamp" >demo/.stamp
say "done in $(($(date +%s) - began)) s: see demo/map.png, demo/verdict.png, demo/verdict.txt, demo/areas.txt, demo/report-2025.pdf"
