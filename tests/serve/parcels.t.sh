#!/bin/sh
# Splitting and joining of parcels under edit, without a browser (web/tests/parcels.mjs).
web=$GT_SOURCE_DIR/web
[ -d "$web/node_modules/esbuild" ] && command -v node >/dev/null || { echo "SKIPPED: needs node and esbuild (sh web/build.sh)"; exit 77; }
exec node "$web/tests/parcels.mjs"
