#!/bin/sh
# The reference of commands is what `guotu help` says today.
. "$(dirname "$0")/lib.sh"
sh "$GT_SOURCE_DIR/tools/gen_cli_reference.sh" "$GUOTU" "$work" || fail "the reference could not be made"
for page in cli.md cli.zh.md; do
    cases=$((cases + 1))
    diff "$GT_SOURCE_DIR/docs/reference/$page" "$work/$page" >"$work/diff" ||
        fail "docs/reference/$page is not current: run sh tools/gen_cli_reference.sh
$(head -n 20 "$work/diff")"
    [ "$(grep -c '^## ' "$work/$page")" -gt 10 ] || fail "$page lists no commands"
done
# Every command and option is explained in both languages.
"$GUOTU" --lang zh help >"$work/zh"
LC_ALL=C grep -nE '^  [a-z]+ +[ -~]*$' "$work/zh" && fail "a command without Chinese"
LC_ALL=C grep -nE '^  --?[a-z-]+ [ -~]*$' "$work/cli.zh.md" && fail "an option without Chinese"
finish
