#!/bin/sh
# Makes the passwords of Redis and Grafana and the secret of the calls between services, each readable by its user alone:
# SECRETS/FOR/NAME. Run once by compose before the others. What REDIS_PASSWORD, GRAFANA_PASSWORD and
# TAILWATER_GRPC_SECRETS say wins; otherwise a password is made once and kept.
set -eu
umask 077
dir=${1:-/secrets}

made() {
  head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}

# A file FOR/NAME of this user, whole or not at all.
give() {
  mkdir -p "$dir/$1"
  printf '%s' "$3" >"$dir/$1/.$2.new"
  chmod 400 "$dir/$1/.$2.new"
  if [ "$(id -u)" = 0 ]; then
    chown "$4" "$dir/$1" "$dir/$1/.$2.new"
  fi
  mv -f "$dir/$1/.$2.new" "$dir/$1/$2"
}

# The password to use: the one that is set, the one that was made, or a new one.
choose() {
  if [ -n "$2" ]; then
    printf '%s' "$2"
  elif [ -s "$1" ]; then
    cat "$1"
  else
    made
  fi
}

case ${REDIS_PASSWORD:-} in
  *[!A-Za-z0-9_-]*)
    echo "REDIS_PASSWORD may have letters, digits, - and _ only, since it stands in an address." >&2
    exit 1
    ;;
esac
redis=$(choose "$dir/redis/redis-password" "${REDIS_PASSWORD:-}")
grafana=$(choose "$dir/grafana/grafana-password" "${GRAFANA_PASSWORD:-}")
calls=$(choose "$dir/services/grpc-secrets" "${TAILWATER_GRPC_SECRETS:-}")
chmod 711 "$dir"
give redis redis-password "$redis" 999:1000
give services redis-password "$redis" 10001:10001
give services grpc-secrets "$calls" 10001:10001
give grafana grafana-password "$grafana" 472:0
