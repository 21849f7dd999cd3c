package io.tailwater.edge.session;

import io.tailwater.edge.access.Secrets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes and reads the texts of sessions. A text is good for its subject only. Any thread;
 * immutable.
 */
final class SessionTokens {
  static final int ID_BYTES = 16;

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final Pattern TEXT = Pattern.compile("s-([A-Za-z0-9_-]{22})\\.([A-Za-z0-9_-]+)");

  private final Secrets secrets;
  private final Supplier<byte[]> random;

  /**
   * @param random returns {@link #ID_BYTES} bytes that nobody can guess
   */
  SessionTokens(Secrets secrets, Supplier<byte[]> random) {
    this.secrets = secrets;
    this.random = random;
  }

  String newId() {
    return BASE64.encodeToString(random.get());
  }

  /** The text of a session of this subject. */
  String text(String id, String subject) {
    return "s-" + id + "." + secrets.seal(sealed(id, subject));
  }

  /** The id in a text; empty if it was not made for this subject. */
  Optional<String> id(String text, String subject) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches() && secrets.isSealed(sealed(parts.group(1), subject), parts.group(2))
        ? Optional.of(parts.group(1))
        : Optional.empty();
  }

  /** No token has a line break. */
  private static String sealed(String id, String subject) {
    return "session\n" + id + "\n" + subject;
  }
}
