#!/bin/sh
# Installs the Debian packages the project needs, only those that are missing.
# usage: install_deps.sh build|test|full|demo ...   (sets may be combined)
# docs/dependencies.md says what each is for.
set -eu

build="gcc make cmake ninja-build pkg-config libc6-dev libsqlite3-dev libsodium-dev libfyaml-dev
 libjansson-dev libcairo2-dev libpango1.0-dev libgeos-dev libproj-dev proj-data libgdal-dev libdeflate-dev
 libzstd-dev libxlsxwriter-dev libmicrohttpd-dev libbrotli-dev zlib1g-dev"
run="fonts-noto-cjk"
test="libcmocka-dev python3 gdal-bin sqlite3 openssl clang-format clang-tidy zip unzip libexpat1-dev poppler-utils curl"
full="python3-qgis"
demo="ca-certificates npm"

want=""
for set in "$@"; do
    case $set in
    build) want="$want $build" ;;
    test) want="$want $build $run $test" ;;
    full) want="$want $full" ;;
    demo) want="$want $build $run"
        command -v npm >/dev/null 2>&1 || want="$want $demo" ;;
    *) echo "install_deps.sh: unknown set '$set' (build, test, full, demo)" >&2; exit 2 ;;
    esac
done

missing=""
for package in $want; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "install_deps.sh: these packages are missing and need root:$missing" >&2
        exit 4
    }
    sudo="sudo"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$sudo apt-get -qq update >/dev/null
# shellcheck disable=SC2086
$sudo apt-get -qq -y --no-install-recommends install $missing >/dev/null
