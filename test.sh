#!/bin/sh
# Builds and runs every test, on a bare Debian 12 too. Options:
#   ./test.sh            house rules, dev build, release build, address and undefined sanitizers
#   ./test.sh full       the same, the thread sanitizer, static analysis; installs QGIS for a test that skips without it
#   ./test.sh quick      house rules and the dev build only
#   ./test.sh LABEL      dev build, tests of one room (base, geo, store ...)
set -eu
cd "$(dirname "$0")"
mode=${1:-all}
sh tools/install_deps.sh test
[ "$mode" != full ] || sh tools/install_deps.sh full
jobs=$(nproc)

stage() { printf '\n== %s\n' "$1"; }

# preset, ctest arguments...
run_preset() {
    preset=$1
    shift
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
    cmake --build "build/$preset" -j "$jobs" >"build/$preset/build.log" 2>&1 ||
        { tail -n 40 "build/$preset/build.log"; exit 1; }
    ctest --test-dir "build/$preset" --output-on-failure -j "$jobs" "$@"
}

case $mode in
all | full | quick)
    stage "house rules"
    sh tools/check_house.sh
    stage "pages"
    sh web/build.sh
    stage "dev"
    run_preset dev
    ;;
*)
    run_preset dev -L "^$mode\$"
    ;;
esac
if [ "$mode" = all ] || [ "$mode" = full ]; then
    # what ./demo.sh builds: the optimizer sees warnings that the dev build does not
    stage "release build"
    [ -f build/release/build.ninja ] || cmake --preset release >/dev/null
    cmake --build build/release -j "$jobs" --target guotu guotu-io >build/release/build.log 2>&1 ||
        { tail -n 40 build/release/build.log; exit 1; }
    stage "address and undefined behaviour sanitizers"
    run_preset asan-ubsan
fi
if [ "$mode" = full ]; then
    stage "thread sanitizer (rooms with threads)"
    run_preset tsan -L '^(base|weave|store|store_import|io)$'
    stage "static analysis"
    sh tools/run_tidy.sh
fi
