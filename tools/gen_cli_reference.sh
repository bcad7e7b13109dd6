#!/bin/sh
# Writes docs/reference/cli.md and cli.zh.md from `guotu help`: run it after changing a command.
#   tools/gen_cli_reference.sh [GUOTU [OUT-FOLDER]]       default: build/dev/guotu, docs/reference
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
guotu=${1:-$root/build/dev/guotu}
out=${2:-$root/docs/reference}

page() { # LANG TITLE NOTE
    GUOTU_LANG=$1
    export GUOTU_LANG
    printf '# %s\n%s\n\n```\n' "$2" "$3"
    "$guotu" help
    printf '```\n'
    # Names are the first word of the lines between the two blank-line headed lists of `guotu help`.
    GUOTU_LANG=en "$guotu" help | sed -n '/^commands:/,/^global options:/s/^  \([a-z]*\) .*/\1/p' |
        while read -r verb; do
            printf '\n## %s\n```\n' "$verb"
            "$guotu" help "$verb" | sed 's/ *$//'
            printf '```\n'
        done
}
page en "Commands" "Made from \`guotu help\` by tools/gen_cli_reference.sh; do not edit." >"$out/cli.md"
page zh "命令" "由 tools/gen_cli_reference.sh 从 \`guotu help\` 生成，请勿手工修改。" >"$out/cli.zh.md"
