# For the scripts beside it: starts a platform of this tree, of processes, with one gateway and with limits that do not
# count, and ends it with the script. Afterwards $java, $port and $data are set; the process ids are in $data/pids.
# TAILWATER_HOME: the platform of another tree. Build first: mvn package -DskipTests
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source build-tools/jdk.sh
java=$(find_jdk)/bin/java
home=${TAILWATER_HOME:-.}
data=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
cat >"$data/tailwater.yml" <<YML
tailwater.edge.limits.publishes-per-second-per-subject: 0
tailwater.edge.limits.publishes-per-second-per-address: 0
YML
"$home/tailwater" up --processes --gateways 1 --port "$port" --data "$data" >"$data/up.out" 2>&1 &
up=$!
trap 'kill $up; wait $up || true; rm -rf "$data"' EXIT
until grep -q 'tailwater is ready' "$data/up.out"; do
  kill -0 $up || { cat "$data/up.out"; exit 1; }
  sleep 0.5
done

# Runs a program in a file beside this one, with the platform's classes.
run() {
  "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "${TAILWATER_CLASSPATH:-$(cat launcher/target/run-class-path)}" "benchmarks/$1" "$port" "$data" "${@:2}"
}
