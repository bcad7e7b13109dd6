#!/bin/sh
# What of the pages is tested without a browser: parcels under edit, and both languages of every word.
web=$GT_SOURCE_DIR/web
[ -d "$web/node_modules/esbuild" ] && command -v node >/dev/null || { echo "SKIPPED: needs node and the packages (sh web/build.sh)"; exit 77; }
node "$web/tests/parcels.mjs" && exec node "$web/tests/words.mjs"
