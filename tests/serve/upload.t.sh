#!/bin/sh
# Files brought along to be checked: formats, systems, drawings; and files that mean harm (bombs, names that climb,
# parsers led astray). Each is refused with a reason, nothing is left behind, no path of the server is told.
. "$(dirname "$0")/lib.sh"
command -v ogr2ogr >/dev/null || { echo "SKIPPED: needs ogr2ogr"; exit 77; }
town "$GT_SOURCE_DIR/tests/check/package"
mkdir "$work/up"
cd "$work/up" || exit 1
python3 - <<'PY'
import json
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
def box(x, y, w, h):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]}
def write(name, features, **more):
    json.dump({"type": "FeatureCollection", **more, "features": features}, open(name, "w"), ensure_ascii=False)
two = [{"type": "Feature", "properties": {"use": "park", "名称": "甲", "n": 3}, "geometry": box(100, 100, 100, 100)},
       {"type": "Feature", "properties": {"use": None, "名称": "乙", "n": 4.5}, "geometry": box(300, 100, 50, 50)}]
write("two.geojson", two, crs=crs)
write("points.geojson", [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [500100, 4430100]}}], crs=crs)
write("empty.geojson", [], crs=crs)
write("nan.geojson", [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3]]]}}], crs=crs)
write("open.geojson", [two[0], {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[500000, 4430000], [500100, 4430000], [500100, 4430100]]]}}], crs=crs)
write("many.geojson", [{"type": "Feature", "properties": {}, "geometry": box(i % 50, i // 50, 1, 1)} for i in range(1500)], crs=crs)
line = {"type": "LineString", "coordinates": box(100, 100, 100, 100)["coordinates"][0]}
write("lines.geojson", [{"type": "Feature", "properties": {"Layer": "site"}, "geometry": line},
                        {"type": "Feature", "properties": {"Layer": "axis"}, "geometry": {"type": "LineString", "coordinates": [[500000, 4430000], [500050, 4430050]]}}], crs=crs)
PY
ogr2ogr -f "ESRI Shapefile" shp two.geojson -lco ENCODING=UTF-8 2>/dev/null
ogr2ogr -f GPKG two.gpkg two.geojson
ogr2ogr -f GPKG layers.gpkg two.geojson -nln one
ogr2ogr -f GPKG -update layers.gpkg two.geojson -nln other
ogr2ogr -f DXF site.dxf lines.geojson -select Layer
ogr2ogr -f KML two.kml two.geojson
ogr2ogr -f FlatGeobuf two.fgb two.geojson
python3 - <<'PY'
import io, os, struct, zipfile
def pack(name, files, how=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(name, "w", how) as z:
        for path, data in files:
            z.writestr(path, data)
shp = [(f, open("shp/" + f, "rb").read()) for f in os.listdir("shp")]
pack("shp.zip", shp)
pack("within.zip", [("成果/" + f, d) for f, d in shp] + [("__MACOSX/._two.shp", b"x")])
pack("bare.zip", [(f, d) for f, d in shp if not f.endswith(".prj")])
pack("broken.zip", [(f, d if not f.endswith(".shp") else d[:150]) for f, d in shp])
pack("climb.zip", [("../../../../tmp/guotu_climbed.geojson", open("two.geojson").read())])
pack("climb_abs.zip", [("/etc/guotu_climbed.geojson", open("two.geojson").read())])
pack("none.zip", [("readme.txt", "nothing here")])
pack("both.zip", [("a.geojson", open("two.geojson").read()), ("b.geojson", open("two.geojson").read())])
pack("vrt.zip", [("a.vrt", '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')])
# 1.5 GB of blanks in a GeoJSON, 1.5 MB packed
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    with z.open("bomb.geojson", "w", force_zip64=True) as f:
        f.write(b'{"type":"FeatureCollection","features":[')
        block = b" " * (1 << 20)
        for _ in range(1500):
            f.write(block)
        f.write(b"]}")
# a shapefile whose header promises two thousand million records
huge = {f: d for f, d in shp}
key = [f for f in huge if f.endswith(".dbf")][0]
huge[key] = huge[key][:4] + struct.pack("<I", 2000000000) + huge[key][8:]
pack("promise.zip", list(huge.items()))
nested = open("two.geojson").read().encode()
for _ in range(6):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("in.zip", nested)
    nested = b.getvalue()
open("nested.zip", "wb").write(nested)
link = zipfile.ZipInfo("link.geojson")
link.create_system, link.external_attr = 3, 0o120777 << 16
with zipfile.ZipFile("link.zip", "w") as z:
    z.writestr(link, "/etc/passwd")
open("cut.zip", "wb").write(open("shp.zip", "rb").read()[:200])
open("noise.gpkg", "wb").write(b"SQLite format 3\0" + bytes(range(256)) * 40)
open("cut.gpkg", "wb").write(open("two.gpkg", "rb").read()[:30000])
open("deep.geojson", "w").write('{"type":"FeatureCollection","features":' + "[" * 200000)
open("page.geojson", "w").write("<html><script>alert(1)</script></html>")
open("url.geojson", "w").write('/vsicurl/http://127.0.0.1:1/a.geojson')
open("entity.kml", "w").write('<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) +
    '<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><Document><name>&j;&x;</name></Document></kml>')
PY
serve
# the limit is 20 a minute of one address: the file is sent from many
n=1
up() {
    want=$1 file=$2 more=$3
    n=$((n + 1))
    cases=$((cases + 1))
    target="$file$more"
    got=$(curl -s -m 60 --interface "127.0.1.$n" -D "$work/err" -o "$work/out" -w '%{http_code}' -X POST -H 'Expect:' --data-binary "@$file" "$base/outlines?name=$file$more&lang=${lang:-en}")
    [ "$got" = "$want" ] || { fail "$target answered $got, wanted $want"; head -c 600 "$work/out"; }
    lacks "$work"
    lacks .upload-
    lacks /etc/passwd:
    [ "$want" = 200 ] || says 'application/problem+json'
}
# ---- formats, and the same places from each
for file in two.geojson shp.zip within.zip two.gpkg two.fgb two.kml; do
    up 200 "$file" ''
    holds 'len(d["features"]) == 2 and d["faults"] == [] and d["others"] == 0 and not d["truncated"]'
    holds 'min(abs(f["geometry"]["coordinates"][0][0][0] - 117.0011711) for f in d["features"] if f["geometry"]["type"] == "Polygon") < 1e-6'
done
up 200 two.geojson ''
holds 'd["features"][0]["properties"] == {"use": "park", "名称": "甲", "n": 3} and d["features"][0]["id"] == 1'
holds 'd["crs"] and d["driver"] == "GeoJSON" and d["crsAssumed"] is False'
up 200 points.geojson ''
holds 'd["features"] == [] and d["others"] == 1'
up 200 empty.geojson ''
holds 'd["features"] == []'
up 200 many.geojson ''
holds 'len(d["features"]) == 1000 and d["truncated"]'
# what it gives can be checked
up 200 two.geojson ''
python3 -c "
import json
g = json.load(open('$work/out'))['features'][0]['geometry']
json.dump({'inputs': {'geometry': g, 'type': 'project', 'facts': {'use': 'park'}}}, open('$work/check.json', 'w'))"
get 200 /processes/check/execution -X POST -H 'Content-Type: application/json' -d @"$work/check.json"
holds 'abs(d["verdict"]["subject"]["area_m2"] - 10000) < 2 if "subject" in d["verdict"] else d["verdict"]'
# ---- drawings: closed lines are outlines; the system has to be said
up 400 site.dxf ''
says 'CRS'
up 200 site.dxf '&crs=EPSG:4548'
holds 'len(d["features"]) == 1 and d["others"] == 1 and d["features"][0]["geometry"]["type"] == "Polygon"'
up 400 site.dxf '&crs=EPSG:99999999'
up 400 bare.zip ''
up 200 bare.zip '&crs=EPSG:4548'
# ---- several layers
up 400 layers.gpkg ''
says 'other'
up 200 layers.gpkg '&layer=other'
up 404 layers.gpkg '&layer=third'
up 400 both.zip ''
# ---- faults of single features are said with their row, in both languages
up 200 open.geojson ''
holds 'd["numberFaults"] == 1 and d["faults"][0]["row"] == 2 and len(d["features"]) == 1'
lang=zh up 200 open.geojson ''
holds 'd["faults"][0]["row"] == 2 and any("一" <= c <= "鿿" for c in d["faults"][0]["detail"])'
up 200 nan.geojson ''
holds 'd["features"] == [] and d["others"] == 1'
# ---- files that mean harm
up 200 broken.zip ''
holds 'd["features"] == [] and [f["row"] for f in d["faults"]] == [1, 2] and "136 at offset 236" in d["faults"][1]["detail"]'
for file in none.zip vrt.zip nested.zip link.zip cut.zip noise.gpkg page.geojson url.geojson deep.geojson; do
    up 400 "$file" ''
done
up 400 cut.gpkg ''
for file in climb.zip climb_abs.zip; do # read inside the archive or refused, never unpacked to where they point
    cases=$((cases + 1))
    curl -s -o "$work/out" --interface 127.0.2.1 -X POST -H 'Expect:' --data-binary "@$file" "$base/outlines?name=$file"
    { [ ! -e /tmp/guotu_climbed.geojson ] && [ ! -e /etc/guotu_climbed.geojson ]; } || fail "$file climbed out"
done
for file in bomb.zip promise.zip entity.kml; do # within the limits of the child, and the server lives on
    cases=$((cases + 1))
    got=$(curl -s -m 60 -o "$work/out" -w '%{http_code}' --interface 127.0.2.2 -X POST -H 'Expect:' --data-binary "@$file" "$base/outlines?name=$file")
    case $got in 200 | 400 | 503) ;; *) fail "$file answered $got"; head -c 300 "$work/out" ;; esac
    lacks "root:"
    lacks "$work"
    get 200 /health
done
# ---- names, sizes, rates
for name in '' two two.geojson.exe a.vrt a.shp a.csv ..%2f..%2fetc%2fpasswd '%00.zip'; do
    cases=$((cases + 1))
    got=$(curl -s -o "$work/out" -w '%{http_code}' --interface 127.0.2.3 -X POST --data-binary @two.geojson "$base/outlines?name=$name")
    [ "$got" = 400 ] || fail "the name '$name' answered $got"
done
cases=$((cases + 1))
got=$(curl -s -o "$work/out" -w '%{http_code}' --interface 127.0.2.4 -X POST --data-binary @two.geojson "$base/outlines?name=../../two.geojson")
[ "$got" = 200 ] || fail "a name with folders answered $got" # only its ending is used
get 400 '/outlines?name=a.zip' -X POST -H 'Content-Type: application/octet-stream' --data-binary ''
get 405 '/outlines?name=a.zip'
head -c 3000000 /dev/zero >zero.zip
up 400 zero.zip ''
head -c 17000000 /dev/zero >large.zip
up 413 large.zip ''
n=$((n + 1))
cases=$((cases + 1))
got=$(curl -s -o "$work/out" -w '%{http_code}' -X POST -H 'Expect:' -H 'Transfer-Encoding: chunked' --data-binary @large.zip "$base/outlines?name=large.zip")
[ "$got" = 413 ] || fail "a large body without its length answered $got"
get 413 '/processes/check/execution' -X POST -H 'Expect:' -H 'Content-Type: application/json' --data-binary @zero.zip
cases=$((cases + 1))
for _ in $(seq 30); do
    got=$(curl -s -o "$work/out" -w '%{http_code}' --interface 127.0.3.1 -X POST --data-binary x "$base/outlines?name=a.exe")
done
[ "$got" = 429 ] || fail "no limit of the rate: $got"
# slow large bodies of many: only some are held, the others are told to come again
python3 - "$base" <<'PY' || fail "large bodies at once"
import socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
held = []
for i in range(12):
    s = socket.create_connection((host, int(port)), 10)
    s.sendall(b"POST /outlines?name=a.zip HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 2000000)
    held.append(s)
import time
time.sleep(1)
refused = 0
for s in held:
    try:
        s.sendall(b"x" * 2000000)
        s.settimeout(20)
        if s.recv(12)[9:12] == b"503":
            refused += 1
    except OSError:
        refused += 1
    s.close()
assert refused >= 8, refused
PY
get 200 /health
cases=$((cases + 1))
find "$work/w" -maxdepth 1 -name '.upload-*' | grep . && fail "an upload was left lying about"
stop
finish
