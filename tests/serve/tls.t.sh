#!/bin/sh
# The portal by TLS: a certificate and its key, what is not a pair, what is not TLS; addresses of
# both kinds.
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || { echo "SKIPPED: needs openssl"; exit 77; }
town "$GT_SOURCE_DIR/tests/check/package"
json='Content-Type: application/json'
# pair NAME: NAME.pem and NAME.key
pair() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$work/$1.key" -out "$work/$1.pem" 2>"$work/err" || { fail "no certificate"; finish; exit 1; }
}
pair one
pair two
openssl rsa -aes128 -passout pass:secret -in "$work/one.key" -out "$work/locked.key" 2>"$work/err"
printf 'no certificate at all\n' >"$work/text.pem"
: >"$work/empty.pem"

# ---- what cannot be used ----
code 2 serve --port 0 --tls-cert "$work/one.pem"
code 2 serve --port 0 --tls-key "$work/one.key"
code 4 serve --port 0 --tls-cert "$work/none.pem" --tls-key "$work/one.key"
says "none.pem"
code 4 serve --port 0 --tls-cert "$work/empty.pem" --tls-key "$work/one.key"
says "empty.pem"
for bad in "one.pem two.key" "text.pem one.key" "one.pem text.pem" "one.pem locked.key" "one.key one.pem"; do
    # shellcheck disable=SC2086
    set -- $bad
    code 3 serve --port 0 --tls-cert "$work/$1" --tls-key "$work/$2"
    says "are not a certificate and its key"
done
code 3 --lang zh serve --port 0 --tls-cert "$work/text.pem" --tls-key "$work/one.key"
says "不是一对证书和私钥"

# ---- served ----
serve --tls-cert "$work/one.pem" --tls-key "$work/one.key"
case $base in https://*) ;; *) fail "$base is not https" ;; esac
get 200 /collections
says "Strict-Transport-Security"
cases=$((cases + 2))
curl -s -m 10 --cacert "$work/one.pem" "$base/health" >/dev/null || fail "a client that trusts the certificate"
curl -s -m 10 --cacert "$work/two.pem" "$base/health" >/dev/null && fail "a client that trusts another one"
cases=$((cases + 2))
curl -s -m 10 "http://${base#https://}/health" >"$work/out" && grep -q ok "$work/out" && fail "answered without TLS"
curl -s -k -m 10 --tls-max 1.1 "$base/health" >/dev/null && fail "TLS 1.1 was spoken"
first=$(sed -n "s/^first start: administrator administrator, one-time password \(.*\)$/\1/p;s/^首次启动：管理员账号 administrator，一次性密码 \(.*\)$/\1/p" "$work/said")
if [ -n "$first" ]; then
    get 200 /session -X POST -H "$json" -d "{\"account\":\"administrator\",\"password\":\"$first\"}"
    says "; Secure"
else
    fail "no one-time password"; cat "$work/said"
fi
# noise, half a handshake, and a hundred that hang up: it lives on
python3 - "$base" <<'PY' || fail "raw bytes"
import os, socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
def send(data, end=True):
    s = socket.create_connection((host, int(port)), 5)
    s.sendall(data)
    if end:
        s.close()
    return s
send(os.urandom(4096))
send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
held = [send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", False) for _ in range(20)]
for _ in range(100):
    send(b"\x16\x03\x01\x00")
for s in held:
    s.close()
PY
get 200 /health
stop

# ---- by IPv6 ----
if [ -e /proc/net/if_inet6 ] && grep -q '^0\{31\}1 ' /proc/net/if_inet6; then
    serve --host ::1
    case $base in http://\[::1\]:*) ;; *) fail "$base is no address of a browser" ;; esac
    get 200 /health -g
    stop
else
    echo "SKIPPED: IPv6 (this machine has none)"
fi
finish
