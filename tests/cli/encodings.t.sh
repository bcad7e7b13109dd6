#!/bin/sh
# Shapefiles in Chinese encodings, as bureaus hand them over: GBK and GB 18030, with and without .cpg,
# loaded with readable names, kept readable on the way out, refused when they cannot be read.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/town.sh"
command -v ogr2ogr >/dev/null || { echo "SKIPPED: needs ogr2ogr"; exit 77; }
code 0 init --package "$GT_SOURCE_DIR/tests/check/package"

# 𠮷 (U+20BB7) and 䶮 exist in GB 18030 only; the others in GBK.
python3 - "$work" <<'PY'
import json, sys
def write(name, names):
    box = lambda i: [[[500000 + 2000 * i, 4430000], [502000 + 2000 * i, 4430000], [502000 + 2000 * i, 4432000],
                      [500000 + 2000 * i, 4432000], [500000 + 2000 * i, 4430000]]]
    json.dump({"type": "FeatureCollection",
               "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}},
               "features": [{"type": "Feature", "properties": {"name": n},
                             "geometry": {"type": "Polygon", "coordinates": box(i)}}
                            for i, n in enumerate(names)]}, open(f"{sys.argv[1]}/{name}.geojson", "w"))
write("plain", ["海淀区", "门头沟区"])
write("rare", ["𠮷祥镇", "䶮家庄"])
PY
shape() { # shape NAME SOURCE ENCODING: a shapefile with its .cpg
    ogr2ogr -f "ESRI Shapefile" "$work/$1.shp" "$work/$2.geojson" -lco ENCODING="$3" ||
        fail "ogr2ogr could not write $3"
}
names() { # names WANTED...: the layer holds exactly these names
    code 0 export districts "$work/names.csv" --overwrite
    for wanted in "$@"; do
        cases=$((cases + 1))
        grep -qF "$wanted" "$work/names.csv" || fail "no '$wanted' in: $(cat "$work/names.csv")"
    done
    [ "$(grep -c . "$work/names.csv")" -eq $(($# + 1)) ] || fail "rows: $(cat "$work/names.csv")"
}

shape gbk plain GBK
iconv -f GBK -t UTF-8 "$work/gbk.dbf" 2>/dev/null | grep -q 海淀区 || fail "the fixture is not GBK"
code 0 load districts "$work/gbk.shp" --as-of 2021-01-01
names 海淀区 门头沟区

# Without the .cpg and without a language byte nobody says the encoding: it is recognised, or named.
cp "$work/gbk.shp" "$work/bare.shp" && cp "$work/gbk.shx" "$work/bare.shx" && cp "$work/gbk.prj" "$work/bare.prj"
cp "$work/gbk.dbf" "$work/bare.dbf"
printf '\000' | dd of="$work/bare.dbf" bs=1 seek=29 conv=notrunc 2>/dev/null
code 0 load districts "$work/bare.shp" --as-of 2021-02-01 --encoding GBK
names 海淀区 门头沟区
code 0 load districts "$work/bare.shp" --as-of 2021-03-01
names 海淀区 门头沟区

# Wrongly said to be UTF-8: refused with the place, nothing changes; the hint's option helps.
code 3 load districts "$work/bare.shp" --as-of 2021-04-01 --encoding UTF-8
says "--encoding"
says "not UTF-8"
code 2 load districts "$work/bare.shp" --as-of 2021-04-01 --encoding KOI9
says "KOI9"
printf 'UTF-8' >"$work/bare.cpg"
code 3 load districts "$work/bare.shp" --as-of 2021-04-01
code 0 load districts "$work/bare.shp" --as-of 2021-04-01 --encoding GB18030
names 海淀区 门头沟区
rm "$work/bare.cpg"

# Characters that only GB 18030 holds.
if shape rare rare GB18030 && iconv -f GB18030 -t UTF-8 "$work/rare.dbf" 2>/dev/null | grep -q 𠮷祥镇; then
    code 0 load districts "$work/rare.shp" --as-of 2021-05-01
    names 𠮷祥镇 䶮家庄
    rm -f "$work/rare.cpg"
    code 0 load districts "$work/rare.shp" --as-of 2021-06-01 --encoding GB18030
    names 𠮷祥镇 䶮家庄
fi

# Out again: GB 18030 holds them, GBK does not and says which option helps.
code 0 export districts "$work/out.shp" --encoding GB18030
ogrinfo -al -q "$work/out.shp" >"$work/out"
says "𠮷祥镇"
code 3 export districts "$work/out_gbk.shp" --encoding GBK
says "--encoding"
[ ! -e "$work/out_gbk.shp" ] || fail "half a shapefile was left"
code 3 export districts "$work/out.shp"
says "--overwrite"
code 0 export districts "$work/out.shp" --overwrite --with-dates
ogrinfo -al -q "$work/out.shp" >"$work/out"
says "valid_from"
finish
