#!/bin/sh
# The verb circuit: wrong use, wrong files, and small maps whose answer is known.
. "$(dirname "$0")/../cli/lib.sh"

code 2 circuit
code 2 circuit a.ini b.ini
code 4 circuit "$work/none.ini"
says "none.ini"

asc() { # NAME ROW...
    name=$1
    shift
    {
        printf 'ncols %s\nnrows %s\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n' \
            "$(echo "$1" | wc -w)" "$#"
        printf '%s\n' "$@"
    } >"$work/$name.asc"
}
problem() { # NAME LINE...
    name=$1
    shift
    {
        printf '[Circuitscape mode]\ndata_type = raster\n'
        printf 'output_file = %s/out.out\n' "$work"
        printf '%s\n' "$@"
    } >"$work/$name.ini"
}
res() { # expected first resistance
    got=$(sed -n 1p "$work/out_resistances_3columns.out" | cut -d' ' -f3)
    awk -v a="$got" -v b="$1" 'BEGIN { d = a - b; exit !(d < 1e-9 && d > -1e-9) }' ||
        fail "resistance $got, expected $1"
}
asc one "1 1 1" "1 1 1" "1 1 1"
asc corners "1 0 0" "0 0 0" "0 0 2"
asc zero "1 1 1" "1 0 1" "1 1 1"
asc minus "1 1 1" "1 1 -3" "1 1 1"
asc none "-9999 -9999 -9999" "-9999 -9999 -9999" "-9999 -9999 -9999"
asc wall "1 -9999 1" "1 -9999 1" "1 -9999 1"
asc weak "1 1 1" "1 10 1" "1 1 1"
problem p4 "scenario = pairwise" "habitat_file = one.asc" "point_file = corners.asc" \
    "connect_four_neighbors_only = True" "write_cur_maps = True" "write_volt_maps = True"
code 0 circuit "$work/p4.ini" --root "$work"
says "2 points, 9 nodes"
res 1.5
[ -f "$work/out_curmap_1_2.asc" ] || fail "no current map"
[ -f "$work/out_voltmap_1_2.asc" ] || fail "no voltage map"
code 0 circuit "$work/p4.ini" --root "$work" --format json
says '"scenario":"pairwise"'
problem p8 "scenario = pairwise" "habitat_file = one.asc" "point_file = corners.asc"
code 0 circuit "$work/p8.ini" --root "$work"
res 0.8873016278
problem pw "scenario = pairwise" "habitat_file = weak.asc" "point_file = corners.asc" \
    "connect_four_neighbors_only = True" "connect_using_avg_resistances = True"
code 0 circuit "$work/pw.ini" --root "$work"
res 1.846153846154
problem cut "scenario = pairwise" "habitat_file = wall.asc" "point_file = corners.asc"
code 0 circuit "$work/cut.ini" --root "$work"
res -1

# bad input: each names its file, line or cell
problem bz "scenario = pairwise" "habitat_file = zero.asc" "point_file = corners.asc"
code 3 circuit "$work/bz.ini" --root "$work"
says "column 2, row 2"
problem bm "scenario = pairwise" "habitat_file = minus.asc" "point_file = corners.asc"
code 3 circuit "$work/bm.ini" --root "$work"
says "column 3, row 2"
problem bn "scenario = pairwise" "habitat_file = none.asc" "point_file = corners.asc"
code 3 circuit "$work/bn.ini" --root "$work"
says "none.asc: no cell of the habitat map conducts"
problem bl "scenario = pairwise" "this is no setting"
code 3 circuit "$work/bl.ini"
says "bl.ini:5"
says "this is no setting"
problem bs "scenario = pairwose"
code 3 circuit "$work/bs.ini"
says "pairwise, advanced"
problem bp "habitat_file = one.asc"
code 3 circuit "$work/bp.ini" --root "$work"
says "scenario"
problem bf "scenario = pairwise" "habitat_file = absent.asc" "point_file = corners.asc"
code 4 circuit "$work/bf.ini" --root "$work"
says "absent.asc"
asc source "5 0 0" "0 0 0" "0 0 0"
asc ground "-9999 -9999 0" "-9999 -9999 -9999" "-9999 -9999 -9999"
problem sing "scenario = advanced" "habitat_file = wall.asc" "source_file = source.asc" \
    "ground_file = ground.asc"
code 3 circuit "$work/sing.ini" --root "$work"
says "singular"
says "column 1, row 1"
asc off "0 5 0" "0 0 0" "0 0 0"
problem off "scenario = advanced" "habitat_file = wall.asc" "source_file = off.asc" \
    "ground_file = ground.asc"
code 3 circuit "$work/off.ini" --root "$work"
says "column 2, row 1"

# omniscape
code 2 omniscape
code 4 omniscape "$work/none.ini"
asc res "1 1 1 1 1" "1 1 1 1 1" "1 1 2 1 1" "1 1 1 1 1" "1 1 1 1 1"
asc src "1 1 1 1 1" "1 1 1 1 1" "1 1 1 1 1" "1 1 1 1 1" "1 1 1 1 1"
omni() { # NAME LINE...
    name=$1
    shift
    {
        printf '[Options]\nproject_name = omni\nresistance_file = res.asc\n'
        printf '%s\n' "$@"
    } >"$work/$name.ini"
}
omni om "source_file = src.asc" "radius = 2" "write_as_tif = false" "calc_flow_potential = true" \
    "calc_normalized_current = true"
code 4 omniscape "$work/om.ini" --root "$work" --out "$work/nowhere"
says "nowhere"
[ ! -e "$work/nowhere" ] || fail "a folder was made that was not asked for"
code 0 omniscape "$work/om.ini" --root "$work" --out "$work"
says "25 points"
[ -f "$work/omni/cum_currmap.asc" ] || fail "no current"
[ -f "$work/omni/normalized_cum_currmap.asc" ] || fail "no normalized current"
code 0 omniscape "$work/om.ini" --root "$work" --out "$work" --format json
says '"scenario":"omniscape"'
[ -f "$work/omni_1/flow_potential.asc" ] || fail "a second run must make a new folder"
omni or "source_file = src.asc"
code 3 omniscape "$work/or.ini" --root "$work" --out "$work"
says "radius"
omni og "source_file = src.asc" "radius = minus"
code 3 omniscape "$work/og.ini" --root "$work" --out "$work"
says "og.ini:5"
omni os "radius = 2"
code 3 omniscape "$work/os.ini" --root "$work" --out "$work"
says "source_file"
omni oz "source_file = off.asc" "radius = 2"
code 3 omniscape "$work/oz.ini" --root "$work" --out "$work"
says "off.asc"
finish
