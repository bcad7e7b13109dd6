#!/bin/sh
# Builds the portal's pages into web/dist. Needs node and npm; fetches the packages of
# package-lock.json once and nothing afterwards. Without node the server runs without pages.
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null 2>&1 || { echo "web: no npm here, the portal's pages are left out"; exit 0; }
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
rm -rf dist
mkdir -p dist
npm run --silent check
npm run --silent build
