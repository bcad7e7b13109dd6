#!/bin/sh
# A browser drives the pages (web/tests/portal.mjs): signing in, checks, indicators, ledgers, clauses.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
web=$GT_SOURCE_DIR/web
[ -f "$web/dist/main.js" ] || { echo "SKIPPED: web/dist is not built (sh web/build.sh)"; exit 77; }
[ -d "$web/node_modules/playwright-core" ] && command -v node >/dev/null || { echo "SKIPPED: needs node and playwright-core (sh web/build.sh)"; exit 77; }
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "SKIPPED: no browser"; exit 77; }
export CHROMIUM
. "$(dirname "$0")/watched.sh"
watched_town
serve --web "$web/dist"
first=$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
pictures=${GUOTU_PICTURES:-$work/pictures}
mkdir -p "$pictures"
if command -v ogr2ogr >/dev/null; then # files of other kinds: one that says its system, one that does not
    ogr2ogr -q -f GPKG "$pictures/site.gpkg" "$work/farm.geojson" -nln site
    ogr2ogr -q -f "ESRI Shapefile" "$pictures/bare.shp" "$work/farm.geojson"
    rm -f "$pictures/bare.prj"
    (cd "$pictures" && python3 -m zipfile -c bare.zip bare.shp bare.shx bare.dbf)
fi
timeout 400 node "$web/tests/portal.mjs" "$base" "$first" "$pictures" || fail "the browser's cases"
# what the pages asked for was there; refusals are meant
cases=$((cases + 1))
grep -E '"status":(404|405|413|414|500|503)' "$work/log" | grep -v -e receipt=wrong -e favicon.ico && fail "the pages asked for something that is not there"
stop
finish
