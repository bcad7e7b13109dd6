# Shared by the shell cases of the command line. GUOTU is the program under test.
set -u
[ -n "${GUOTU:-}" ] || { echo "SKIPPED: the program was not built"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0
export GUOTU_LANG=en GUOTU_AUTHOR=tester
unset GUOTU_WORKSPACE

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

# code WANTED COMMAND...: runs with -q in the workspace, keeps output in $work/out and $work/err
code() {
    want=$1
    shift
    cases=$((cases + 1))
    got=0
    "$GUOTU" -q -w "$work/w" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$want" ] || {
        fail "'$*' ended with $got, wanted $want"
        cat "$work/out" "$work/err"
    }
}
# says TEXT: the last output or error holds it
says() {
    cases=$((cases + 1))
    grep -qF -- "$1" "$work/out" "$work/err" || {
        fail "no '$1' in:"
        cat "$work/out" "$work/err"
    }
}
finish() {
    echo "$cases cases, $failures failures"
    [ "$failures" -eq 0 ]
}
