#!/bin/sh
# The portal's pages: everything they ask for comes from the server, and a browser shows the layers.
. "$(dirname "$0")/lib.sh"
dist=$GT_SOURCE_DIR/web/dist
[ -f "$dist/main.js" ] || { echo "SKIPPED: web/dist is not built (sh web/build.sh)"; exit 77; }
town "$GT_SOURCE_DIR/tests/check/package"
serve --web "$dist"
for page in /portal /portal/index.html /portal/main.js /portal/style.css; do
    get 200 "$page"
    [ -s "$work/out" ] || fail "$page is empty"
done
# no page names another host to load from
cases=$((cases + 1))
grep -oE '(src|href)="[^"]*"' "$dist/index.html" | grep -vE '="(/portal/|data:|#)' && fail "index.html reaches out"
grep -qE 'url\((https?:)?//' "$dist"/*.css && fail "a style sheet reaches out"
grep -qE "(fetch|import)\\([\"'](https?:)?//" "$dist"/*.js && fail "a script reaches out"

browser=
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null && browser=$name && break
done
if [ -z "$browser" ]; then
    echo "SKIPPED: no browser; the pages were only fetched"
else
    for lang in zh en; do
        cases=$((cases + 2))
        timeout 90 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
            --virtual-time-budget=10000 --dump-dom "$base/portal?lang=$lang" >"$work/dom" 2>"$work/chrome"
        want=$(curl -s "$base/collections/districts?lang=$lang" |
            python3 -c "import json, sys; print(json.load(sys.stdin)['title'])")
        grep -qF "$want" "$work/dom" || fail "the page does not list $want"
        grep -qE "lang=\"$lang(-CN)?\"" "$work/dom" || fail "the page is not in $lang"
        grep -q 'class="state problem"' "$work/dom" && fail "the page shows a problem"
    done
    cases=$((cases + 1))
    grep -q 'tiles/WebMercatorQuad' "$work/log" || fail "the map asked for no tile"
fi
cases=$((cases + 1))
grep -vE '"status":(200|304|0)' "$work/log" && fail "the page asked for something that is not there"
stop
finish
