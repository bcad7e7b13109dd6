#!/bin/sh
# Corridors between all neighbours of N sources on one resistance grid, beside what one full-grid pass
# costs: N passes is what a pair-by-pair tool needs.
# usage: bench/linkage.sh RESISTANCE.tif [N...]     default N: 50 200
# Prints wall s, user s, system s, peak kB, the load before, and how many links were found.
set -eu
res=$1
shift
counts=${*:-50 200}
guotu=${GUOTU:-build/release/guotu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
t() { # NAME COMMAND...
    name=$1
    shift
    load=$(cut -d' ' -f1 /proc/loadavg)
    /usr/bin/time -o "$work/time" -f "%e %U %S %M" "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    printf '%-28s %s (load %s)\n' "$name" "$(cat "$work/time")" "$load"
}
for n in $counts; do
    # squares of 21 cells a side at places that a fixed generator gives, one number each
    gdalinfo -json "$res" >"$work/info.json"
    python3 - "$work" "$n" <<'PY'
import array, json, random, sys
work, n = sys.argv[1], int(sys.argv[2])
cols, rows = json.load(open(work + "/info.json"))["size"]
random.seed(7)
a = array.array("i", bytes(4 * cols * rows))
number = 0
while number < n:
    c, r = random.randrange(0, cols - 21), random.randrange(0, rows - 21)
    if any(a[y * cols + x] for y in range(r, r + 21, 10) for x in range(c, c + 21, 10)):
        continue
    number += 1
    for y in range(r, r + 21):
        a[y * cols + c:y * cols + c + 21] = array.array("i", [number] * 21)
with open(work + "/s.bin", "wb") as f:
    a.tofile(f)
with open(work + "/s.hdr", "w") as f:
    f.write(f"ENVI\nsamples={cols}\nlines={rows}\nbands=1\ndata type=3\ninterleave=bsq\nbyte order=0\n")
PY
    gdal_translate -q -co TILED=YES "$work/s.bin" "$work/plain.tif"
    python3 - "$work" >"$work/place" <<'PY'
import json, sys
i = json.load(open(sys.argv[1] + "/info.json"))
g, (c, r) = i["geoTransform"], i["size"]
print(g[0], g[3], g[0] + c * g[1], g[3] + r * g[5])
PY
    epsg=$(gdalsrsinfo -o epsg "$res" | tr -d '\n')
    # shellcheck disable=SC2046
    gdal_translate -q -co TILED=YES -a_srs "$epsg" -a_ullr $(cat "$work/place") "$work/plain.tif" "$work/s.tif"
    t "one pass, $n sources" "$guotu" run cost-distance --in friction="$res" --in sources="$work/s.tif" --out "$work/c.tif"
    t "linkage, $n sources" "$guotu" run linkage --in resistance="$res" --in sources="$work/s.tif" \
        --out corridor="$work/k.tif" --out links="$work/l.csv" --with cutoff=2000 --with detours=no
    echo "    $(($(wc -l <"$work/l.csv") - 1)) links"
done
