#!/bin/sh
# Writes docs/reference/models.md and models.zh.md from the descriptors: run it after changing a kernel.
#   tools/gen_model_reference.sh [GUOTU [OUT-FOLDER]]     default: build/dev/guotu, docs/reference
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
guotu=${1:-$root/build/dev/guotu}
out=${2:-$root/docs/reference}
"$guotu" --lang en model page >"$out/models.md"
"$guotu" --lang zh model page >"$out/models.zh.md"
