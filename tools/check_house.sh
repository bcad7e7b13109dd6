#!/bin/sh
# The rules of the house that a machine can keep:
#   1. a room includes only rooms below it; GDAL only in src/io/child
#   2. format as .clang-format says
#   3. banned calls, files over 1000 lines, functions over 120 lines (clang-tidy does the last)
#   4. messages: unique ids, zh and en, same placeholders
#   5. every src room has a README; nothing left for later
# usage: tools/check_house.sh [REVISION]   the format of files changed since the revision only (all other rules: all files)
set -eu
cd "$(dirname "$0")/.."
bad=0
fail() { echo "house: $*" >&2; bad=1; }

# ---- 1. rooms, bottom to top; two rooms on one line may not include each other ------------------
rooms="base geo io store plan grid weave coverage check series ledger indicator circuit model graph synth report serve"
level() {
    i=0
    for r in $rooms; do
        i=$((i + 1))
        [ "$r" = "$1" ] && { echo $i; return; }
    done
    echo 0
}
# public headers belong to a room: "header room"
owners="status base|message base|context base|text base|arena base|hash base|pool base|date base|notes base
geometry geo|crs geo|area geo|geos geo
source io|raster io
standard store|store store|pick store|qc store|import store|gpkg_read store|gpkg_write store
package plan|expr plan|cases plan|grid grid|grid_ops grid|grid_zones grid|grid_analysis grid|grid_water grid|grid_points grid|series series|ledger ledger|actor ledger|indicator indicator|model model|graph graph
weave weave|coverage coverage|check check|synth synth|map report|yearly report|serve serve|circuit circuit"
owner() {
    echo "$owners" | tr '|' '\n' | awk -v h="$1" '$1 == h { print $2 }'
}
for file in $(find src -name '*.c' -o -name '*.h'); do
    room=$(echo "$file" | cut -d/ -f2)
    mine=$(level "$room")
    [ "$mine" -gt 0 ] || fail "$file: room '$room' is not in the list of rooms"
    for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
        first=$(echo "$inc" | cut -d/ -f1)
        case $first in
        guotu)
            header=$(basename "$inc" .h)
            of=$(owner "$header")
            [ -n "$of" ] || { fail "$file: header $inc has no room in tools/check_house.sh"; continue; }
            ;;
        *) of=$first ;;
        esac
        [ "$(level "$of")" -le "$mine" ] || fail "$file: includes $inc, which is above it"
    done
done
if grep -lE '#include <(gdal|ogr|cpl)[a-z_]*\.h>' $(find src cli include tests -name '*.[ch]' ! -path 'src/io/child/*') 2>/dev/null; then
    fail "GDAL is included outside src/io/child"
fi

# ---- 2. format ------------------------------------------------------------------------------------
if command -v clang-format >/dev/null 2>&1; then
    if [ -n "${1:-}" ]; then
        git diff --name-only --diff-filter=d "$1" -- '*.[ch]'
    else
        find src cli include tests $([ -d bench ] && echo bench) -name '*.[ch]'
    fi | xargs -r clang-format --dry-run -Werror 2>&1 | head -n 20 >/tmp/gt_format.$$ || true
    [ ! -s /tmp/gt_format.$$ ] || { cat /tmp/gt_format.$$; fail "run clang-format -i on the files above"; }
    rm -f /tmp/gt_format.$$
fi

# ---- 3. banned calls and sizes ----------------------------------------------------------------------
banned='(^|[^_[:alnum:]>.])(sprintf|strcpy|strcat|strtok|atoi|atol|atof|rand|srand|localtime|gmtime|alloca|gets|setjmp|longjmp|abort|exit|printf|puts|perror)[[:space:]]*\('
find src -name '*.c' ! -path 'src/io/child/*' -print0 | xargs -0 awk -v banned="$banned" '
    { line = $0; sub(/\/\/.*$/, "", line); gsub(/\/\*.*\*\//, "", line) }
    line ~ banned && line !~ /_exit\(/ { print FILENAME ":" FNR ":" line }' | head -n 20 >/tmp/gt_ban.$$
[ ! -s /tmp/gt_ban.$$ ] || { cat /tmp/gt_ban.$$ >&2; fail "banned calls stand above"; }
rm -f /tmp/gt_ban.$$
find src cli include -name '*.[ch]' -print0 | xargs -0 wc -l |
    awk '$2 != "total" && $1 > 1000 { print "house: " $2 " has " $1 " lines (limit 1000)" }' >/tmp/gt_len.$$
[ ! -s /tmp/gt_len.$$ ] || { cat /tmp/gt_len.$$ >&2; bad=1; }
rm -f /tmp/gt_len.$$

# ---- 4. messages -----------------------------------------------------------------------------------
cat $(find src -name '*messages.def') | awk '
    { text = text $0 "\n" }
    END {
        n = split(text, part, /\nM\(/)
        for (i = 2; i <= n; i++) {
            s = part[i]; k = 0
            while (match(s, /"([^"\\]|\\.)*"|NULL/)) {
                t = substr(s, RSTART, RLENGTH)
                rest = substr(s, RSTART + RLENGTH)
                gap = substr(s, 1, RSTART - 1)
                if (t != "NULL" && k > 0 && gap !~ /,/ ) field[k] = field[k] t   # adjacent literals
                else field[++k] = t
                s = rest
            }
            id = field[1]
            if ((id in en) && en[id] != field[2]) { print "house: message id " id " is defined twice with other texts"; code = 1 }
            en[id] = field[2]   # variants of one message may differ in their mend
            if (k != 5) { print "house: message " id " has " k " texts, not 5"; code = 1 }
            if (holes(field[2]) != holes(field[3])) { print "house: message " id ": en and zh have other placeholders"; code = 1 }
            if ((field[4] == "NULL") != (field[5] == "NULL")) { print "house: message " id ": mend in one language only"; code = 1 }
            for (j in field) delete field[j]
        }
        exit code
    }
    function holes(t,   out, list, m, i, j, tmp) {
        m = 0
        while (match(t, /\{[a-z_0-9]+\}/)) { m++; list[m] = substr(t, RSTART, RLENGTH); sub(/_zh\}$/, "}", list[m]); t = substr(t, RSTART + RLENGTH) }
        for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++) if (list[j] < list[i]) { tmp = list[i]; list[i] = list[j]; list[j] = tmp }
        out = ""
        for (i = 1; i <= m; i++) if (i == 1 || list[i] != list[i-1]) out = out list[i]
        return out
    }' || bad=1

# ---- 5. READMEs and leftovers ---------------------------------------------------------------------
for room in src/*/; do
    [ -f "$room/README.md" ] || fail "$room has no README.md"
done
left=$(grep -rnE 'TODO|FIXME|[^X]XXX[^X]|not implemented|unimplemented' src cli include tests plans tools 2>/dev/null |
    grep -v '^tools/check_house.sh' | head -n 10 || true)
[ -z "$left" ] || { echo "$left" >&2; fail "work left for later stands above"; }
if [ $bad -eq 0 ]; then echo "house rules: kept"; else exit 1; fi
