#!/bin/bash
# Whether the service of this container may be sent requests. Bash alone: images need no client for it.
# The image with everything has a balancer in front, which listens once all is ready.
[ -z "${BALANCER_PORT:-}" ] || exec 4<>"/dev/tcp/127.0.0.1/$BALANCER_PORT" || exit 1
exec 3<>"/dev/tcp/127.0.0.1/$HEALTH_PORT" || exit 1
printf 'GET /health/readiness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ]
