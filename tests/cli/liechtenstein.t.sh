#!/bin/sh
# A second place, all real: nothing of Beijing is in the engine. OpenStreetMap of Liechtenstein, 2013.
. "$(dirname "$0")/lib.sh"
[ -n "${GUOTU_DATA:-}" ] || { echo "SKIPPED: set GUOTU_DATA to the folder of the data sets"; exit 77; }
data=$GUOTU_DATA/region-liechtenstein
[ -d "$data" ] || { echo "SKIPPED: needs region-liechtenstein under GUOTU_DATA"; exit 77; }
osm=$data/liechtenstein-2013-08-03.osm.pbf

export GUOTU_PLANS="$GT_SOURCE_DIR/plans"
code 0 init --package liechtenstein
for layer in municipalities land_use natural_cover buildings protected_areas waterways roads railways; do
    code 0 load "$layer" "$osm" --as-of 2013-08-03 --open-data
done
code 0 qc
code 0 areas --by municipalities
"$GUOTU" -q -w "$work/w" areas --by district --format csv >"$work/areas.csv"
# eleven municipalities; the country has 160.5 km2 (official 160.48)
awk -F, 'NR > 1 { s += $2; n++ } END { exit !(n == 11 && s > 160.3e6 && s < 160.7e6) }' "$work/areas.csv" ||
    { fail "areas of the municipalities"; cat "$work/areas.csv"; }
code 0 areas --by district,land_use
code 0 map -o "$work/map.png" --layers natural_cover,land_use,waterways,roads,municipalities
code 0 export buildings "$work/b.gpkg"
# inside the largest forest: denied, and the package's own clause is cited
code 1 check --wkt "POLYGON((539600 5212000,539700 5212000,539700 5212100,539600 5212100,539600 5212000))" \
    --type project --set use=housing
says "LIE-004"
code 0 log --verify
finish
