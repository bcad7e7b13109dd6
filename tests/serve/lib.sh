# Shared by the cases of the server: the small town served at a free port.
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/../cli/town.sh"
for tool in curl python3; do
    command -v $tool >/dev/null || { echo "SKIPPED: needs $tool"; exit 77; }
done
server=
# serve OPTION...: starts the server; $base is where it is
serve() {
    : >"$work/said" # of the server before
    "$GUOTU" -w "$work/w" serve --port 0 "$@" >"$work/said" 2>"$work/log" &
    server=$!
    trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
    for _ in $(seq 300); do
        grep -q portal "$work/said" && break
        kill -0 "$server" 2>/dev/null || { cat "$work/log"; fail "the server did not start"; finish; exit 1; }
        sleep 0.1
    done
    base=$(sed -n 's/.* \(https\{0,1\}:[^ ]*\)\/portal$/\1/p' "$work/said")
    [ -n "$base" ] || base=$(sed -n 's/^门户地址 \(.*\)\/portal$/\1/p' "$work/said")
}
# get STATUS TARGET CURL_OPTION...: body in $work/out, header fields in $work/err
get() {
    want=$1 target=$2
    shift 2
    cases=$((cases + 1))
    got=$(curl -s -k -m 60 --path-as-is -D "$work/err" -o "$work/out" -w '%{http_code}' "$@" "$base$target")
    [ "$got" = "$want" ] || { fail "$target answered $got, wanted $want"; head -c 600 "$work/out"; }
}
# holds 'PYTHON EXPRESSION over d', the JSON of the last answer
holds() {
    cases=$((cases + 1))
    python3 -c "
import json, sys
d = json.load(open('$work/out'))
sys.exit(0 if ($1) else 1)" || { fail "not so after $target: $1"; head -c 800 "$work/out"; }
}
lacks() {
    cases=$((cases + 1))
    grep -qF -- "$1" "$work/out" && fail "'$1' is told to the client"
}
# stop: SIGTERM; the server must end with 0 by itself
stop() {
    cases=$((cases + 1))
    kill -TERM "$server"
    ended=0
    wait "$server" || ended=$?
    [ "$ended" -eq 0 ] || { fail "the server ended with $ended"; cat "$work/log"; }
}
