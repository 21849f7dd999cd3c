#!/bin/sh
# Puts each service's jars into DIR/SERVICE/lib, and beside them what java is started with. Run by the Dockerfile.
set -eu
to=$1

collect() {
  module=$1 main=$2
  shift 2
  app=$to/$module
  mkdir -p "$app/lib"
  cp "$module"/target/dependency/*.jar "$app/lib/"
  cp "$module/target/$module"-*.jar "$app/lib/"
  # RocksDB's jar holds its library for every processor there is. Ours is unpacked here: doing that at each start would
  # cost time and, on a tmpfs, memory.
  for jar in "$app"/lib/rocksdbjni-*-linux64.jar; do
    [ -e "$jar" ] || continue
    case $(uname -m) in aarch64) library=librocksdbjni-linux-aarch64.so ;; *) library=librocksdbjni-linux64.so ;; esac
    mkdir -p "$app/native"
    (cd "$app/native" && jar xf "$jar" "$library" && mv "$library" librocksdbjni.so)
    rm "$jar"
  done
  # The ahead-of-time cache is bound to the order of the class path, so it is written down, not left to a directory's.
  path=$(find "$app/lib" -name '*.jar' | LC_ALL=C sort | paste -sd: -)
  {
    echo "--enable-native-access=ALL-UNNAMED"
    echo "--sun-misc-unsafe-memory-access=allow"
    echo "-Djava.library.path=$app/native"
    echo "-Dlogback.configurationFile=/opt/tailwater/logback.xml"
    # An instance that is made anew has another address: a name must not be remembered for long.
    echo "-Dsun.net.inetaddr.ttl=2"
    # Many threads and few cores: less memory, and pauses that nobody sees at this size of heap.
    echo "-XX:+UseSerialGC"
    # The rest is for buffers outside the heap, code and threads.
    echo "-XX:InitialRAMPercentage=10"
    for option in "$@"; do
      echo "$option"
    done
    # Whoever is out of memory is started again; a client comes back with its position.
    echo "-XX:+ExitOnOutOfMemoryError"
    echo "-cp"
    echo "$path"
    echo "$main"
  } >"$app/java.args"
}

# Beside its heap stands its store (tailwater.core.store-bytes), and both have to fit: docs/operating.md, Sizing.
collect event-core io.tailwater.core.EventCore -XX:MaxRAMPercentage=40 -XX:MaxDirectMemorySize=128m
collect edge-gateway io.tailwater.edge.EdgeGateway -XX:MaxRAMPercentage=45
collect ai-stream-service io.tailwater.ai.AiStreamService -XX:MaxRAMPercentage=45
collect grpc-backend io.tailwater.backend.GrpcBackend -XX:MaxRAMPercentage=45
# Not a service: the broker, the Redis and the commands that the services are trained with.
mkdir -p "$to/launcher/lib"
cp launcher/target/dependency/*.jar launcher/target/launcher-*.jar "$to/launcher/lib/"
