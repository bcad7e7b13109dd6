#!/bin/sh
# Every test that docs/reference/validation.tsv names is there, and the pages are made of it.
. "$(dirname "$0")/../cli/lib.sh"

cd "$GT_SOURCE_DIR" || exit 1
sh tools/gen_validation.sh "$work" || fail "the pages could not be made"
for page in validation.md validation.zh.md; do
    cases=$((cases + 1))
    diff "docs/reference/$page" "$work/$page" >"$work/diff" ||
        fail "docs/reference/$page is not current: run sh tools/gen_validation.sh
$(head -n 20 "$work/diff")"
done
# there FILE CASE: a case of a C test, or a function of a shell test
there() {
    case $1 in
    *.c) grep -q "cmocka_unit_test($2)" "$1" ;;
    *.sh) grep -q "^$2()" "$1" ;;
    *) false ;;
    esac 2>/dev/null
}
grep -v '^#' docs/reference/validation.tsv >"$work/rows"
awk -F '\t' 'NF != 7 { print "line " NR " has " NF " columns"; bad = 1 } END { exit bad }' "$work/rows" >"$work/why" ||
    fail "$(cat "$work/why")"
cut -f7 "$work/rows" | tr ' ' '\n' | grep -v '^-$' | sort -u >"$work/names"
while read -r name; do
    cases=$((cases + 1))
    there "${name%:*}" "${name##*:}" || fail "validation.tsv names $name, which is not there"
done <"$work/names"
[ "$(wc -l <"$work/names")" -ge 90 ] || fail "only $(wc -l <"$work/names") tests are named"
# what is looked for can be missed
there tests/grid/test_ops.c no_such_case && fail "a case that is none was found"
there tests/grid/no_such_file.c plane && fail "a file that is none was found"
there tests/grid/view_peers.t.sh no_such_function && fail "a function that is none was found"
finish
