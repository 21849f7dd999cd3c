#!/bin/sh
# Run by nginx's image before nginx: with TLS on and no certificate, makes a self-signed one for local use.
set -eu
[ "${TAILWATER_TLS:-off}" = on ] || exit 0
dir=${1:-/etc/nginx/tls}
[ -s "$dir/fullchain.pem" ] && exit 0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=localhost \
  -addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" -keyout "$dir/key.pem" -out "$dir/fullchain.pem" 2>/dev/null
chmod 600 "$dir/key.pem"
echo "no certificate in $dir: made a self-signed one for localhost. For others, put fullchain.pem and key.pem there."
