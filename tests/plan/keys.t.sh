#!/bin/sh
# Every key the reader knows stands in the reference, and every verb and file the guide names exists.
cd "${GT_SOURCE_DIR:?}" || exit 1
doc="docs/reference/package.md docs/reference/indicators.md"
keys=$(cat src/plan/items.c src/plan/items_layer.c src/plan/items_rule.c src/plan/items_indicator.c |
    grep -oE '\.name = "[a-z_]+"' | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u)
n=0 failures=0
for key in $keys; do
    n=$((n + 1))
    grep -qw -- "$key" $doc || { echo "FAILED: no key '$key' in $doc"; failures=$((failures + 1)); }
done
[ "$n" -gt 60 ] || { echo "FAILED: only $n keys found in the source"; failures=$((failures + 1)); }
echo "$n keys, $failures failures"
[ "$failures" -eq 0 ]
