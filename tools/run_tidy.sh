#!/bin/sh
# clang-tidy over every source file, only those changed since their last clean run (a stamp a file
# under build/tidy). Headers are checked through the sources that include them.
set -eu
cd "$(dirname "$0")/.."
[ -f build/dev/compile_commands.json ] || cmake --preset dev >/dev/null
mkdir -p build/tidy
newest_header=$(find include src -name '*.h' -newer build/tidy/.headers 2>/dev/null | head -n 1 || true)
if [ ! -f build/tidy/.headers ] || [ -n "$newest_header" ] || [ .clang-tidy -nt build/tidy/.headers ]; then
    rm -f build/tidy/*.ok
    touch build/tidy/.headers
fi
find src cli -name '*.c' | while read -r file; do
    stamp=build/tidy/$(echo "$file" | tr / _).ok
    [ -f "$stamp" ] && [ "$stamp" -nt "$file" ] || echo "$file"
done | xargs -r -P "$(nproc)" -I{} sh -c '
    clang-tidy -p build/dev --quiet "$1" >"build/tidy/$$.log" 2>/dev/null || { cat "build/tidy/$$.log"; rm -f "build/tidy/$$.log"; exit 255; }
    rm -f "build/tidy/$$.log"
    touch "build/tidy/$(echo "$1" | tr / _).ok"' sh {}
echo "clang-tidy: clean"
