#!/bin/bash
# The `tailwater` command of the image that has everything. `up` listens where the container can be reached.
set -euo pipefail

options=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
if [ "${1:-up}" = up ]; then
  [ $# -eq 0 ] || shift
  set -- up --host 0.0.0.0 "$@"
  # Whoever is out of memory is started again; a client comes back with its position.
  options+=(-XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError)
else
  options+=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m)
fi
# shellcheck disable=SC2086 # several options are several words
exec java "${options[@]}" ${JAVA_OPTS:-} -cp '/opt/tailwater/launcher/lib/*' io.tailwater.launcher.Tailwater "$@"
