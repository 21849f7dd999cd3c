# shellcheck shell=bash
# Finds a JDK 25, which is also what the build asks for (its toolchain in pom.xml). Read by ./tailwater and ./verify;
# works in Bash 3.2, as macOS has it.

# The major version of the JDK in this directory, 0 if there is none.
version_of() {
  if [ -x "$1/bin/java" ] && [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    echo 0
  fi
}

# Prints the first JDK 25: JAVA_HOME, the one on the PATH, or one where systems keep theirs. Nothing if there is none.
find_jdk() {
  local candidate on_path
  on_path=$(command -v java || true)
  if [ -n "$on_path" ]; then
    on_path=$(dirname "$(dirname "$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")")")
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*25* "$HOME"/.sdkman/candidates/java/25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home /opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$candidate" ] && [ "$(version_of "$candidate")" = 25 ]; then
      echo "$candidate"
      return
    fi
  done
}
