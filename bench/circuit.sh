#!/bin/sh
# Pairwise effective resistance of 10 focal points (45 pairs) on n x n grids: guotu beside sparse
# Cholesky (CHOLMOD) and conjugate gradients with algebraic multigrid (PETSc + hypre), all set up
# once and solved for 9 right-hand sides (the pairs follow by superposition for everybody).
# usage: bench/circuit.sh RES.tif [BUILD [SIZE...]]   (RES.tif: resistances, any size; cut to SIZE)
# The peers are built here when their headers are installed (libsuitesparse-dev, libpetsc-real-dev);
# one that is not there is skipped aloud. Each program has LIMIT seconds (900); one that does not end
# within is stopped and said to be. CHOLMOD is not tried beyond CHOL_MAX (2000) cells a side: its
# factor of 4 000 squared takes more memory than the machine has.
# Prints, for each program: load, its own RESULT line, then wall s, user s, system s, peak kB.
set -eu
if [ $# -lt 1 ]; then
    echo "usage: bench/circuit.sh RES.tif [BUILD [SIZE...]]" >&2
    exit 2
fi
res=$1
build=${2:-build/release}
[ $# -gt 2 ] && shift 2 || set -- 1000 4000
here=$(cd "$(dirname "$0")" && pwd)
limit=${LIMIT:-900}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v gdal_translate >/dev/null || { echo "gdal_translate is not installed (gdal-bin)" >&2; exit 4; }
[ -x "$build/bench/bench_circuit" ] || { echo "$build/bench/bench_circuit is not built" >&2; exit 4; }

t() { # NAME SIZE COMMAND...
    name=$1 size=$2
    shift 2
    printf '%-22s %-6s load %s  ' "$name" "$size" "$(cut -d' ' -f1 /proc/loadavg)"
    code=0
    /usr/bin/time -o "$work/time" -f "%e s, user %U, system %S, peak %M kB" \
        timeout "$limit" "$@" >"$work/log" 2>&1 || code=$?
    case $code in
    0) printf '%s | %s\n' "$(grep -m 1 RESULT "$work/log" || tail -n 1 "$work/log")" "$(tail -n 1 "$work/time")" ;;
    124) echo "STOPPED after $limit s" ;;
    *) printf 'FAILED (%d): %s\n' "$code" "$(tail -n 1 "$work/log")" ;;
    esac
}
# peer NAME OUTPUT COMMAND...: builds it, or says that it is skipped and why
peer() {
    name=$1 out=$2
    shift 2
    if ! "$@" -o "$work/$out" >"$work/build" 2>&1; then
        rm -f "$work/$out"
        echo "SKIPPED: $name: $(grep -m 1 -i 'error\|not found' "$work/build" || tail -n 1 "$work/build")"
    fi
}
peer CHOLMOD chol "${CC:-gcc}" -O2 "$here/peers/circuit_cholmod.c" -lcholmod
# shellcheck disable=SC2046
peer PETSc petsc "${MPICC:-mpicc}" -O2 $(pkg-config --cflags PETSc 2>/dev/null || true) \
    "$here/peers/circuit_petsc.c" $(pkg-config --libs PETSc 2>/dev/null || true)
for n in "$@"; do
    gdal_translate -q -of ENVI -ot Float32 -outsize "$n" "$n" -r nearest "$res" "$work/r.f32"
    t guotu "$n" "$build/bench/bench_circuit" "$work/r.f32" "$n"
    t "guotu, 1 thread" "$n" "$build/bench/bench_circuit" "$work/r.f32" "$n" 10 1
    if [ -x "$work/petsc" ]; then
        t "PETSc CG + BoomerAMG" "$n" env OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 \
            OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$work/petsc" "$work/r.f32" "$n" -pc_type hypre \
            -pc_hypre_type boomeramg
    fi
    if [ -x "$work/chol" ] && [ "$n" -le "${CHOL_MAX:-2000}" ]; then
        t "CHOLMOD, AMD" "$n" "$work/chol" "$work/r.f32" "$n"
    elif [ -x "$work/chol" ]; then
        echo "SKIPPED: CHOLMOD at $n: beyond CHOL_MAX"
    fi
done
