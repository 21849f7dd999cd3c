#!/bin/bash
# Becomes the service. JAVA_OPTS adds options for Java.
set -euo pipefail

# Tokens and tickets are signed with one key, which all gateways share. Where none is set the first one makes it.
if [ -n "${JWT_KEY_FILE:-}" ] && [ -z "${TAILWATER_EDGE_JWT_KEY:-}" ]; then
  if [ ! -s "$JWT_KEY_FILE" ]; then
    own=$(umask 077 && mktemp "$JWT_KEY_FILE.XXXXXX")
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=' >"$own"
    # A link is made by one only, whole: two gateways that start at once end up with the same key.
    if ln "$own" "$JWT_KEY_FILE" 2>/dev/null; then
      echo "no TAILWATER_JWT_KEY is set: made one, in $JWT_KEY_FILE; read it with: cat $JWT_KEY_FILE" >&2
    fi
    rm -f "$own"
  fi
  TAILWATER_EDGE_JWT_KEY=$(cat "$JWT_KEY_FILE")
  export TAILWATER_EDGE_JWT_KEY
fi
# Redis asks for a password. It stands in a file, since the environment can be read by more than this process.
if [ -n "${REDIS_PASSWORD_FILE:-}" ] && [ -n "${REDIS_URI:-}" ]; then
  REDIS_URI=${REDIS_URI/:\/\//:\/\/:$(cat "$REDIS_PASSWORD_FILE")@}
  export REDIS_URI
fi
# What calls between services carry, for the same reason.
if [ -n "${GRPC_SECRET_FILE:-}" ]; then
  TAILWATER_GRPC_SECRETS=$(cat "$GRPC_SECRET_FILE")
  export TAILWATER_GRPC_SECRETS
fi
# A service refuses what looks like a setting and is none.
unset REDIS_PASSWORD_FILE GRPC_SECRET_FILE
# An empty setting is none.
[ -n "${TAILWATER_EDGE_JWT_KEY:-}" ] || unset TAILWATER_EDGE_JWT_KEY

# shellcheck disable=SC2086 # several options are several words
exec java ${JAVA_OPTS:-} -XX:AOTCache="/opt/tailwater/$SERVICE/app.aot" "@/opt/tailwater/$SERVICE/java.args"
