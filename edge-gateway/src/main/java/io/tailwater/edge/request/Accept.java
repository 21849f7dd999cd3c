package io.tailwater.edge.request;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The media types that a client accepts (RFC 9110, 12.5.1). Immutable. */
public final class Accept {
  private static final Pattern QUALITY = Pattern.compile("0(\\.[0-9]*)?|1(\\.0*)?");
  private static final Pattern RANGE = Pattern.compile("[^\\s/]+/[^\\s/]+");

  private final List<Range> ranges;

  private Accept(List<Range> ranges) {
    this.ranges = ranges;
  }

  /**
   * One entry of the header.
   *
   * @param type a type, {@code type/*} or {@code *}{@code /*}
   * @param quality 0, which is not accepted, to 1
   */
  private record Range(String type, double quality) {
    boolean matches(String offer) {
      return type.equals(offer)
          || type.equals("*/*")
          || (type.endsWith("/*") && offer.startsWith(type.substring(0, type.length() - 1)));
    }

    /** An exact type outweighs a range. */
    int weight() {
      return type.equals("*/*") ? 0 : type.endsWith("/*") ? 1 : 2;
    }
  }

  /**
   * Reads every line of the header; without one, everything is accepted.
   *
   * @throws RequestException {@code not_acceptable} if it cannot be read
   */
  public static Accept of(HttpRequest<?> request) {
    String text = String.join(",", request.getHeaders().getAll(HttpHeaders.ACCEPT));
    List<Range> ranges = new ArrayList<>();
    for (String entry : text.split(",")) {
      if (!entry.isBlank()) {
        ranges.add(range(entry));
      }
    }
    return new Accept(ranges.isEmpty() ? List.of(new Range("*/*", 1)) : ranges);
  }

  private static Range range(String entry) {
    // Also what ends: without it a lone semicolon would have no parts at all.
    String[] parts = entry.split(";", -1);
    String type = parts[0].trim().toLowerCase(Locale.ROOT);
    // Some old clients write it so.
    if (type.equals("*")) {
      type = "*/*";
    }
    if (!RANGE.matcher(type).matches()) {
      throw unreadable(entry, "a media type such as application/json");
    }
    double quality = 1;
    for (int i = 1; i < parts.length; i++) {
      String[] parameter = parts[i].split("=", 2);
      if (parameter[0].trim().equalsIgnoreCase("q")) {
        String text = parameter.length == 1 ? "" : parameter[1].trim();
        if (!QUALITY.matcher(text).matches()) {
          throw unreadable(entry, "q, 0 to 1");
        }
        quality = Double.parseDouble(text);
      }
    }
    return new Range(type, quality);
  }

  private static RequestException unreadable(String entry, String expected) {
    String shown = entry.length() <= 64 ? entry : entry.substring(0, 64) + "…";
    return new RequestException(
        ErrorCode.NOT_ACCEPTABLE, "Accept has '" + shown.trim() + "'; expected: " + expected);
  }

  /**
   * The type that the client likes best. Of several, the one that it names first; if it leaves that
   * open too, the first that is offered.
   *
   * @param offers media types, the preferred one first
   * @return empty if it accepts none of them
   */
  public Optional<String> best(Collection<String> offers) {
    String best = null;
    double quality = 0;
    int place = Integer.MAX_VALUE;
    for (String offer : offers) {
      int at = place(offer);
      if (at < 0) {
        continue;
      }
      double own = ranges.get(at).quality();
      if (own > quality || (own > 0 && own == quality && at < place)) {
        best = offer;
        quality = own;
        place = at;
      }
    }
    return Optional.ofNullable(best);
  }

  /** As {@link #best}, for an answer that has one of these types and no other. */
  public String require(Collection<String> offers) {
    return best(offers)
        .orElseThrow(
            () ->
                new RequestException(
                    ErrorCode.NOT_ACCEPTABLE,
                    "this answers Accept: " + String.join(" or ", offers) + ", not " + this));
  }

  /** Where the range stands that decides about an offer; negative if none matches. */
  private int place(String offer) {
    int place = -1;
    for (int i = 0; i < ranges.size(); i++) {
      Range range = ranges.get(i);
      if (range.matches(offer) && (place < 0 || range.weight() > ranges.get(place).weight())) {
        place = i;
      }
    }
    return place;
  }

  @Override
  public String toString() {
    String text =
        String.join(
            ", ",
            ranges.stream()
                .map(range -> range.type() + (range.quality() == 1 ? "" : ";q=" + range.quality()))
                .toList());
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
