package io.tailwater.edge.request;

import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request's query. Immutable. Parameters with which libraries keep caches from
 * answering ({@code _}, {@code cb}, {@code ts}, each a number) are accepted everywhere and mean
 * nothing.
 */
public final class Query {
  /** A token, for clients that cannot set a header. */
  public static final String ACCESS_TOKEN = "access_token";

  /** A ticket, for clients that cannot set a header. */
  public static final String TICKET = "ticket";

  private static final Set<String> CACHE_BUSTERS = Set.of("_", "cb", "ts");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,32}(\\.[0-9]{1,32})?");

  private final HttpParameters parameters;

  private Query(HttpParameters parameters) {
    this.parameters = parameters;
  }

  /** The parameters, whatever their names. */
  public static Query of(HttpRequest<?> request) {
    return new Query(request.getParameters());
  }

  /**
   * The parameters of a request that has only these.
   *
   * @throws RequestException {@code invalid_request}, for a name that is not known here
   */
  public static Query of(HttpRequest<?> request, Collection<String> known) {
    Query query = of(request);
    query.unknown(known).ifPresent(name -> refuse(name, known, ""));
    return query;
  }

  /** The first parameter whose name is not among these and which means something. */
  public Optional<String> unknown(Collection<String> known) {
    for (String name : parameters.names()) {
      if (!known.contains(name) && !bustsCaches(name)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  private boolean bustsCaches(String name) {
    return CACHE_BUSTERS.contains(name)
        && parameters.getAll(name).stream().allMatch(value -> NUMBER.matcher(value).matches());
  }

  /**
   * Refuses a parameter.
   *
   * @param hint what to add to the names that are known; may be empty
   */
  public static void refuse(String name, Collection<String> known, String hint) {
    throw invalid(
        "unknown parameter '"
            + shortened(name)
            + "'; accepted here: "
            + String.join(", ", new TreeSet<>(known))
            + hint);
  }

  private static String shortened(String name) {
    return name.length() <= 64 ? name : name.substring(0, 64) + "…";
  }

  /**
   * The one channel that {@code channel} names.
   *
   * @throws RequestException {@code invalid_channel}
   */
  public Channel channel() {
    List<String> names = all("channel");
    if (names.size() != 1) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name one channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    return Channel.parse(names.getFirst());
  }

  /** Every value of a parameter, in the order of the query. */
  public List<String> all(String name) {
    return parameters.getAll(name);
  }

  /**
   * The value of a parameter that may occur once; null if it is not there.
   *
   * @throws RequestException {@code invalid_request} if it occurs more often
   */
  public @Nullable String one(String name) {
    List<String> values = parameters.getAll(name);
    if (values.size() > 1) {
      throw invalid("'" + name + "' may occur once, not " + values.size() + " times");
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  /** As {@link #one}, empty if it is not there. */
  public String text(String name) {
    String value = one(name);
    return value == null ? "" : value;
  }

  /**
   * A parameter that is {@code true} or {@code false}; false if it is not there.
   *
   * @throws RequestException {@code invalid_request}
   */
  public boolean bool(String name) {
    String text = one(name);
    if (text == null || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw invalid("'" + name + "' is true or false, not '" + shortened(text) + "'");
  }

  /**
   * A whole number with bounds.
   *
   * @param otherwise if it is not there
   * @throws RequestException {@code invalid_request}
   */
  public int bounded(String name, int min, int max, int otherwise) {
    String text = one(name);
    if (text == null) {
      return otherwise;
    }
    if (text.matches("[0-9]{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw invalid("'" + name + "' is " + min + " to " + max + ", not '" + shortened(text) + "'");
  }

  /**
   * A time in milliseconds since the epoch, 1 or more; 0 if it is not there.
   *
   * @throws RequestException {@code invalid_request}
   */
  public long millis(String name) {
    String text = one(name);
    if (text == null) {
      return 0;
    }
    if (text.matches("[0-9]{1,15}") && Long.parseLong(text) > 0) {
      return Long.parseLong(text);
    }
    throw invalid("'" + name + "' is milliseconds since 1970, not '" + shortened(text) + "'");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
