package io.tailwater.contract;

import java.util.regex.Pattern;

/** The rule for names of methods. Stateless. */
public final class MethodName {
  private static final int MAX_LENGTH = 128;
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*");

  private MethodName() {}

  /**
   * Requires a name that a method can have.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static void require(String method) {
    if (method.length() > MAX_LENGTH || !NAME.matcher(method).matches()) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'method' is letters, digits, '_' and '-' in parts separated by dots, a letter first, at most 128 characters, for instance room.join");
    }
  }
}
