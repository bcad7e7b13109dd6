#!/bin/sh
# The first view of the portal in Chromium with an empty cache, of a server that has just started.
# usage: sh bench/first_view.sh BUILD WORKSPACE [TIMES] [KBIT_S DELAY_MS]
set -eu
build=$1 workspace=$2
shift 2
here=$(dirname "$0")
[ -f "$here/../web/dist/main.js" ] || { echo "first_view: build the pages first (sh web/build.sh)"; exit 1; }
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
export CHROMIUM
said=$(mktemp)
"$build/guotu" -w "$workspace" -q serve --port 0 --web "$here/../web/dist" >"$said" 2>/dev/null &
server=$!
trap 'kill $server; rm -f "$said"' EXIT
while ! grep -q portal "$said"; do sleep 0.1; done
base=$(sed -n 's/.* \(http:[^ ]*\)\/portal$/\1/p;s/^门户地址 \(.*\)\/portal$/\1/p' "$said")
uptime
node "$here/first_view.mjs" "$base" "$@"
