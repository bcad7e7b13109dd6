#!/bin/sh
# A run that is killed at any moment, again and again, loses nothing: the next runs go on, nothing half made
# counts as done, and at the end every grid has the cells of a run that nobody disturbed.
. "$(dirname "$0")/../cli/lib.sh"
command -v gdal_translate >/dev/null || {
    echo "SKIPPED: gdal_translate is needed to make grids"
    exit 77
}
dem() { # WORKSPACE FACTOR
    python3 - "$2" >"$work/dem.asc" <<'PY'
import sys
print("ncols 300\nnrows 260\nxllcorner 450000\nyllcorner 4420000\ncellsize 60\nNODATA_value -9999")
for r in range(260):
    print(" ".join(str(round(100 + float(sys.argv[1]) * r + (c * c + r * c) % 37, 3)) for c in range(300)))
PY
    gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/dem.asc" "$1/grids/new.tif"
    mv "$1/grids/new.tif" "$1/grids/elevation.tif"
}
# the same cells in every grid of both workspaces, and the same grids
as_undisturbed() { # WHEN
    cases=$((cases + 1))
    (cd "$work/calm/grids" && ls -- *.tif) >"$work/names"
    (cd "$work/w/grids" && ls -- *.tif) | cmp -s "$work/names" - || fail "$1: other grids"
    [ "$(wc -l <"$work/names")" -gt 20 ] || fail "$1: too few grids to say anything"
    while read -r g; do
        cmp -s "$work/calm/grids/$g" "$work/w/grids/$g" && continue # tiles may stand elsewhere in the file
        gdal_translate -q -of ENVI "$work/calm/grids/$g" "$work/calm.raw"
        gdal_translate -q -of ENVI "$work/w/grids/$g" "$work/w.raw"
        cmp -s "$work/calm.raw" "$work/w.raw" || fail "$1: the cells of $g differ"
    done <"$work/names"
    rm -f "$work"/*.raw "$work"/*.raw.aux.xml "$work"/*.hdr
}
left_over() { # no half file is left when a run has ended
    cases=$((cases + 1))
    find "$work/w/grids" -type f ! -name '*.tif' ! -path '*/.build/*' | grep . && fail "files left behind"
}
# Runs until one ends by itself. Each is killed a little later than the one before, and goes on where that
# one stood, so kills fall on every model, however fast the machine is.
until_done() {
    kills=0
    wait_ms=20
    while :; do
        "$GUOTU" -q -w "$work/w" run >"$work/out" 2>"$work/err" &
        pid=$!
        python3 -c "import time; time.sleep($wait_ms / 1000)"
        if kill -9 "$pid" 2>/dev/null; then
            wait "$pid" 2>/dev/null
            [ $? -eq 137 ] || break
            kills=$((kills + 1))
            wait_ms=$((wait_ms + wait_ms / 8 + 60))
            [ "$kills" -lt 100 ] || { fail "does not come to an end"; break; }
        else
            wait "$pid" || fail "a run after $kills kills failed: $(cat "$work/err")"
            break
        fi
    done
    echo "killed $kills times"
    cases=$((cases + 1))
    [ "$kills" -gt 2 ] || fail "too few kills to say anything"
}
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
cp -r "$work/w" "$work/calm"
dem "$work/w" 9
cp "$work/w/grids/elevation.tif" "$work/calm/grids/"
"$GUOTU" -q -w "$work/calm" run >/dev/null || fail "the undisturbed run"
until_done
as_undisturbed "first run"
left_over
# only a part of the models is stale: heights change, the same again
dem "$work/w" 9.25
cp "$work/w/grids/elevation.tif" "$work/calm/grids/"
"$GUOTU" -q -w "$work/calm" run --full >/dev/null || fail "the undisturbed run"
until_done
as_undisturbed "after an edit"
left_over
code 0 run
grep -q "^full" "$work/out" && fail "a model runs again though all is done"
finish
