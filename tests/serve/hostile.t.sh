#!/bin/sh
# Requests that mean harm: each is refused with the right status, and the server lives on.
. "$(dirname "$0")/lib.sh"
town "$GT_SOURCE_DIR/tests/check/package"
mkdir "$work/web"
printf '<!doctype html><title>t</title>' >"$work/web/index.html"
printf 'let a = 1;' >"$work/web/app.js"
printf 'root:x' >"$work/web/passwd"
printf 'secret' >"$work/secret.html"
serve --web "$work/web"

get 200 /portal
says "Content-Security-Policy: default-src 'self'"
says "X-Content-Type-Options: nosniff"
get 200 /portal/app.js
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
get 304 /portal/app.js -H "If-None-Match: $tag"
get 404 /portal/passwd
for path in /portal/../secret.html /portal/%2e%2e/secret.html /portal/..%2fsecret.html /portal/%5c..%5csecret.html \
    /../../../etc/passwd /portal/%00 /portal/index.html%00.js '/%' '/%zz' '/%e9' /portal/./index.html; do
    get 400 "$path"
    lacks secret
done
get 404 /portal/secret.html
get 404 "/collections/%3Cscript%3Ealert(1)"
says "application/problem+json"
get 414 "/a/b/c/d/e/f/g/h/i/j/k/l/m/n"
long=$(python3 -c "print('a' * 9000)")
get 414 "/$long"
get 414 "/collections?x=$long"
many=$(python3 -c "print('&'.join(f'a{i}=1' for i in range(100)))")
cases=$((cases + 1))
got=$(curl -s -o /dev/null -w '%{http_code}' "$base/collections?$many")
[ "$got" = 414 ] || [ "$got" = 400 ] || fail "100 parameters answered $got"
got=$(python3 -c "print('X' * 60000)" | curl -s -o /dev/null -w '%{http_code}' -H @- "$base/") || true
python3 -c "open('$work/big', 'w').write('{\"a\":\"' + 'x' * 3000000 + '\"}')"
get 413 /processes/check/execution -X POST -H 'Content-Type: application/json' -H 'Expect:' --data-binary "@$work/big"
get 413 /processes/check/execution -X POST -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' \
    -H 'Expect:' --data-binary "@$work/big"
deep=$(python3 -c "print('{\"inputs\":' + '[' * 5000 + ']' * 5000 + '}')")
get 400 /processes/check/execution -X POST -H 'Content-Type: application/json' -d "$deep"
get 200 / -H 'Host: evil"><script>'
lacks evil
get 200 /collections/districts/items -H 'Accept-Language: zh;q=x,,,,'

python3 - "$base" >"$work/raw" <<'PY' || fail "a raw request"
import socket, sys, threading, time
host, port = sys.argv[1].split("//")[1].split(":")
def raw(data, wait=5):
    s = socket.create_connection((host, int(port)), wait)
    s.sendall(data)
    out = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                break
            out += part
    except (socket.timeout, ConnectionError):
        pass
    s.close()
    return out
def status(data):
    out = raw(data, 3)
    return out.split(b" ")[1] if out.startswith(b"HTTP") else b"closed"
bad = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "header of 60 kB": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 60000 + b"\r\nConnection: close\r\n\r\n",
    "line of 100 kB": b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "noise": bytes(range(256)) * 4 + b"\r\n\r\n",
    "length of nonsense": b"POST /processes/check/execution HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "absolute": b"GET http://other/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
}
for name, data in bad.items():
    got = status(data)
    print(name, got.decode())
    assert got in (b"400", b"413", b"414", b"431", b"closed"), (name, got)
# 40 clients that send nothing more than half a line do not keep others from being served
slow = []
for i in range(40):
    s = socket.create_connection((host, int(port)), 5)
    s.sendall(b"GET /health HTTP/1.1\r\nHo")
    slow.append(s)
t = time.time()
assert status(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == b"200"
for s in slow:
    s.close()
# clients that leave in the middle of an answer
for i in range(20):
    s = socket.create_connection((host, int(port)), 5)
    s.sendall(b"GET /collections/land_use/items HTTP/1.1\r\nHost: a\r\n\r\n")
    s.close()
# a byte a second for ever: shut down once the time of a request is over, whatever it sends
def drip(result):
    s = socket.create_connection((host, int(port)), 5)
    begun = time.time()
    try:
        s.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX: ")
        while time.time() - begun < 60:
            s.sendall(b"x")
            time.sleep(1)
    except OSError:
        pass
    result.append(time.time() - begun)
dripped = []
dripping = threading.Thread(target=drip, args=(dripped,))
dripping.start()
# many at once
def one(results):
    results.append(status(b"GET /collections/districts/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
results = []
threads = [threading.Thread(target=one, args=(results,)) for _ in range(60)]
for th in threads: th.start()
for th in threads: th.join()
assert len(results) == 60 and set(results) <= {b"200", b"503"}, results
dripping.join()
assert 20 < dripped[0] < 55, dripped # 30 s, and what a busy machine adds
PY
cat "$work/raw"
get 200 /health
stop

# ---- what cannot be served
code 2 serve --port 99999
code 2 serve --tls-cert x
code 2 serve --host nowhere
code 4 serve --tls-cert "$work/none" --tls-key "$work/none" --port 0
code 4 serve --web "$work/no_such" --port 0
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 1 -subj /CN=localhost 2>/dev/null
    serve --tls-cert "$work/cert" --tls-key "$work/key"
    get 200 /health
    case $base in https:*) ;; *) fail "not said to be https" ;; esac
    code 4 serve --port "${base##*:}"
    stop
fi
finish
