#!/bin/sh
# Beside GRASS on the same small relief: slope, aspect, clumps, filled heights (r.terraflow), cost distance,
# kernel density, values at points.
. "$(dirname "$0")/../cli/lib.sh"

for tool in grass gdal_translate; do
    command -v $tool >/dev/null || {
        echo "SKIPPED: $tool is needed to compare with GRASS"
        exit 77
    }
done
cd "$work" || exit 1
cols=60 rows=45
asc() { # NAME TYPE AWK-EXPRESSION of c, r and a random u
    {
        printf 'ncols %s\nnrows %s\nxllcorner 500000\nyllcorner 4400000\ncellsize 10\nNODATA_value 255\n' $cols $rows
        awk -v W=$cols -v H=$rows "BEGIN { srand(4); for (r = 0; r < H; r++) for (c = 0; c < W; c++) { u = rand();
            printf \"%s%s\", $3, c < W - 1 ? \" \" : \"\\n\" } }"
    } >"$1.asc"
    gdal_translate -q -a_srs EPSG:4548 -ot "$2" "$1.asc" "$1.tif" || fail "$1 could not be made"
}
asc dem Float32 'int(10000 + 2000 * sin(c * .2) + 1500 * cos(r * .17) + u * 600) / 100'
asc classes Byte '1 + int(1.4 * (1 + sin(c * .3) * cos(r * .2) + u * .3))'
asc source Byte '(c == 30 && r == 22) ? 1 : 0'
cat >job.sh <<'E'
set -e
r.in.gdal -o input=dem.tif output=dem --quiet
r.in.gdal -o input=classes.tif output=classes --quiet
g.region raster=dem
r.slope.aspect elevation=dem slope=slope aspect=aspect precision=FCELL --quiet
r.clump input=classes output=number --quiet
r.terraflow -s elevation=dem filled=filled direction=d swatershed=w accumulation=a tci=t directory=. memory=100 --quiet
r.cost input=classes output=cost start_coordinates=500305,4400225 --quiet
printf '500123|4400077|1\n500333|4400201|2\n' | v.in.ascii input=- output=points --quiet
v.kernel input=points output=density radius=80 kernel=quartic --quiet
for m in slope aspect number filled cost density; do
    r.out.gdal -c -f input=$m output=g_$m.tif type=Float64 nodata=-9999 --quiet
done
printf '500123 4400077\n500333 4400201\n' | r.what map=dem separator=comma >what.csv
E
grass --tmp-location EPSG:4548 --exec sh job.sh >grass.log 2>&1 || {
    cat grass.log
    echo "SKIPPED: this GRASS could not run the modules"
    exit 77
}
printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:4548"}},"features":[%s,%s]}' \
    '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[500123,4400077]}}' \
    '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[500333,4400201]}}' >points.json
code 0 run slope --in dem.tif --out u_slope.tif
code 0 run aspect --in dem.tif --out u_aspect.tif
code 0 run patches --in classes.tif --out size=u_size.tif --out number=u_number.tif --with corners=no
code 0 run flow --in dem.tif --out accumulation=u_acc.tif --out filled=u_filled.tif
code 0 run cost-distance --in friction=classes.tif --in sources=source.tif --out cost=u_cost.tif --with per-cell=yes
code 0 run kernel-density --in like=dem.tif --in features=points.json --out u_density.tif --with bandwidth=80 --with per=m2
code 0 run sample --in a=dem.tif --in points=points.json --out table=u.csv

# cells MAP: one line a cell, "theirs ours", nodata as x
cells() {
    for who in g u; do
        gdal_translate -q -of AAIGrid -ot Float64 "${who}_$1.tif" "$who.asc" 2>/dev/null
        awk 'NR > 4 && NF > 10 { for (i = 1; i <= NF; i++) print $i == "nan" || $i < -9000 ? "x" : $i }' "$who.asc" >"$who.txt"
    done
    paste -d' ' g.txt u.txt
}
# near MAP TOLERANCE LEAST [AWK]: all cells that both have agree, and there are so many
near() {
    cases=$((cases + 1))
    cells "$1" | awk -v name="$1" -v most="$2" -v least="$3" '
        $1 != "x" && $2 != "x" { n++; g = $1; u = $2; '"${4:-}"'; d = g - u; if (d < 0) d = -d; if (d > far) far = d }
        END { if (n < least || far > most) { print name ": " n " cells, farthest apart " far; exit 1 } }' >why || fail "$(cat why)"
}
near slope 2e-5 2400
# theirs: from east, counter-clockwise, 0 flat; degrees apart are taken round the circle
near aspect 1e-3 2400 'g = 450 - g; if (g >= 360) g -= 360; if (g - u > 180) g -= 360; if (u - g > 180) g += 360'
near filled 0 2700
near cost 1e-5 2700
near density 1e-10 2700
cases=$((cases + 1))
cells number | awk '{ if (($1 in a && a[$1] != $2) || ($2 in b && b[$2] != $1)) exit 1; a[$1] = $2; b[$2] = $1; n++ }
    END { if (n != 2700) exit 1 }' || fail "patches are not the clumps of GRASS"
cases=$((cases + 1))
cut -d, -f4 what.csv >g.txt
sed 1d u.csv | cut -d, -f4 | paste -d' ' g.txt - | awk '{ d = $1 - $2; if (d > 1e-3 || d < -1e-3) exit 1; n++ } END { exit n != 2 }' ||
    fail "values at points: $(cat what.csv u.csv)"
finish
