package io.tailwater.embedded;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The few options of this module's main classes. */
record Arguments(@Nullable Path data, int port, boolean exitAtEndOfInput) {

  static Arguments parse(String[] args) {
    Path data = null;
    int port = 0;
    boolean exitAtEndOfInput = false;
    var rest = List.of(args).iterator();
    while (rest.hasNext()) {
      String option = rest.next();
      switch (option) {
        case "--data" -> data = Path.of(rest.next());
        case "--port" -> port = Integer.parseInt(rest.next());
        case "--exit-at-end-of-input" -> exitAtEndOfInput = true;
        default -> throw new IllegalArgumentException("unknown option " + option);
      }
    }
    return new Arguments(data, port, exitAtEndOfInput);
  }

  Path requiredData() {
    if (data == null) {
      throw new IllegalArgumentException("--data DIR is missing");
    }
    return data;
  }
}
