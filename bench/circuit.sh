#!/bin/sh
# Pairwise effective resistance of 10 focal points (45 pairs) on n x n grids: guotu beside sparse
# Cholesky (CHOLMOD) and conjugate gradients with algebraic multigrid (PETSc + hypre), all set up
# once and solved for 9 right-hand sides (the pairs follow by superposition for everybody).
# usage: bench/circuit.sh RES.tif [BUILD [SIZE...]]   (RES.tif: resistances, any size; cut to SIZE)
# The peers are built here when their headers are installed (libsuitesparse-dev, libpetsc-real-dev).
set -eu
res=$1
build=${2:-build/release}
[ $# -gt 2 ] && shift 2 || set -- 1000 4000
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%-24s %-6s load %s  ' "$1" "$2" "$(cut -d' ' -f1 /proc/loadavg)"; }
gcc -O2 -o "$work/chol" "$here/peers/circuit_cholmod.c" -lcholmod 2>/dev/null || echo "no CHOLMOD here"
mpicc -O2 $(pkg-config --cflags PETSc 2>/dev/null) -o "$work/petsc" "$here/peers/circuit_petsc.c" \
    $(pkg-config --libs PETSc 2>/dev/null) 2>/dev/null || echo "no PETSc here"
for n in "$@"; do
    gdal_translate -q -of ENVI -ot Float32 -outsize "$n" "$n" -r nearest "$res" "$work/r.f32"
    for run in 1 2; do
        say guotu "$n"
        "$build/bench/bench_circuit" "$work/r.f32" "$n"
    done
    say "guotu, 1 thread" "$n"
    "$build/bench/bench_circuit" "$work/r.f32" "$n" 10 1
    if [ -x "$work/petsc" ]; then
        say "PETSc CG + BoomerAMG" "$n"
        OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
            "$work/petsc" "$work/r.f32" "$n" -pc_type hypre -pc_hypre_type boomeramg
    fi
    if [ -x "$work/chol" ] && [ "$n" -le "${CHOL_MAX:-2000}" ]; then
        say "CHOLMOD, AMD" "$n"
        "$work/chol" "$work/r.f32" "$n"
    fi
done
