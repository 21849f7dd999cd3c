package io.tailwater.edge.log;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stateless: reads which types of events a subscription wants, as clients write them. */
public final class TypesText {
  private static final int MAX_TYPES = 32;

  private TypesText() {}

  /**
   * Reads types that are separated by commas; null stands for all types, as an empty set.
   *
   * @throws RequestException which says what is accepted
   */
  public static Set<String> parse(@Nullable String text) {
    return text == null ? Set.of() : checked(List.of(text.split(",", -1)));
  }

  /**
   * Checks a list of types; an empty one stands for all types.
   *
   * @throws RequestException which says what is accepted
   */
  public static Set<String> checked(Collection<String> types) {
    Set<String> distinct = new LinkedHashSet<>(types);
    if (distinct.size() > MAX_TYPES) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'types' names at most " + MAX_TYPES + " types, not " + distinct.size());
    }
    distinct.forEach(EventType::requireReadable);
    return distinct;
  }
}
