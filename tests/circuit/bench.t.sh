#!/bin/sh
# The comparison with peers: what is not there is skipped aloud, what does not end is stopped aloud,
# and neither ends the rest.
. "$(dirname "$0")/../cli/lib.sh"
bench=$GT_SOURCE_DIR/bench/circuit.sh
bin=$work/bin
mkdir -p "$bin" "$work/build/bench"
fake() { # FILE LINE...
    file=$1
    shift
    { echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$file"
    chmod +x "$file"
}
fake "$bin/gdal_translate" 'for last; do :; done' 'echo cells >"$last"'
fake "$work/build/bench/bench_circuit" 'echo "RESULT of $2 cells, threads ${4:-all}"'
fake "$bin/nocc" 'echo "fatal error: cholmod.h: No such file" >&2' 'exit 1'
fake "$bin/nompi" 'echo "mpicc: not found" >&2' 'exit 127'
run() { # SETTING...: into $work/said, code in $got
    got=0
    env "PATH=$bin:$PATH" "$@" sh "$bench" res.tif "$work/build" 100 300 >"$work/said" 2>&1 || got=$?
}
has() { cases=$((cases + 1)); grep -q -- "$1" "$work/said" || { cat "$work/said"; fail "no line with: $1"; }; }
hasnot() { cases=$((cases + 1)); ! grep -q -- "$1" "$work/said" || { cat "$work/said"; fail "a line with: $1"; }; }

# both peers absent
run "CC=$bin/nocc" "MPICC=$bin/nompi"
[ "$got" = 0 ] || fail "exit $got"
has "SKIPPED: CHOLMOD: fatal error: cholmod.h"
has "SKIPPED: PETSc: mpicc: not found"
has "RESULT of 100 cells, threads all"
has "RESULT of 300 cells, threads 1"
hasnot "BoomerAMG"

# one absent, the other there; too large for it at the second size
fake "$bin/cc" 'for last; do out=$last; done' 'printf "#!/bin/sh\necho RESULT of Cholesky\n" >"$out"' 'chmod +x "$out"'
run "CC=$bin/cc" "MPICC=$bin/nompi" CHOL_MAX=200
has "SKIPPED: PETSc"
has "CHOLMOD, AMD .*RESULT of Cholesky"
has "SKIPPED: CHOLMOD at 300"

# one that does not end, and one that fails
fake "$bin/slow" 'for last; do out=$last; done' 'printf "#!/bin/sh\nsleep 60\n" >"$out"' 'chmod +x "$out"'
fake "$bin/broken" 'for last; do out=$last; done' 'printf "#!/bin/sh\necho out of memory\nexit 9\n" >"$out"' 'chmod +x "$out"'
run "CC=$bin/slow" "MPICC=$bin/broken" LIMIT=1
[ "$got" = 0 ] || fail "exit $got"
has "CHOLMOD, AMD .*STOPPED after 1 s"
has "BoomerAMG .*FAILED (9): out of memory"
has "RESULT of 300 cells"

# nothing to compare with
rm "$work/build/bench/bench_circuit"
run "CC=$bin/nocc" "MPICC=$bin/nompi"
[ "$got" = 4 ] || fail "exit $got without the program"
has "bench_circuit is not built"
got=0
sh "$bench" >"$work/said" 2>&1 || got=$?
[ "$got" = 2 ] || fail "exit $got without arguments"
finish
