package io.tailwater.edge.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Stateless: where a polling client goes on that was given a part of a snapshot. It is {@code s1.}
 * and base64url of a JSON array: the position of the channels whose snapshot is complete, and then
 * for each of the others its name, the bound of its snapshot, and its next block.
 */
public final class SnapshotText {
  private static final String PREFIX = "s1.";
  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_CHARS = 64 << 10;

  private SnapshotText() {}

  /** Whether a position says where snapshots go on. */
  public static boolean isOne(String position) {
    return position.startsWith(PREFIX);
  }

  /**
   * Where these subscriptions go on.
   *
   * @param complete the position of those whose snapshot is complete; empty if there is none
   */
  public static String of(String complete, List<Subscription> subscriptions) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartArray();
      json.writeString(complete);
      for (Subscription subscription : subscriptions) {
        SnapshotPoint due = subscription.snapshot();
        if (due != null) {
          json.writeString(subscription.scope().toString());
          Position min = due.min();
          json.writeString(min == null ? "" : min.toString());
          json.writeString(encoded(due.next().toByteArray()));
        }
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return PREFIX + encoded(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Where the subscriptions of a poll go on.
   *
   * @param complete the position of those whose snapshot is complete; empty if there is none
   * @param points where the others go on, by the text of their scope
   */
  record Points(String complete, Map<String, Start> points) {}

  /**
   * What {@link #of} wrote.
   *
   * @throws RequestException {@code invalid_position}
   */
  static Points parse(String text) {
    if (text.length() > MAX_CHARS) {
      throw unreadable();
    }
    try (JsonParser json =
        JSON.createParser(Base64.getUrlDecoder().decode(text.substring(PREFIX.length())))) {
      require(json.nextToken() == JsonToken.START_ARRAY);
      String complete = next(json);
      Map<String, Start> points = new HashMap<>();
      while (json.nextToken() == JsonToken.VALUE_STRING) {
        String channel = json.getText();
        String min = next(json);
        SnapshotPoint point =
            new SnapshotPoint(
                min.isEmpty() ? null : Position.parse(min),
                ByteString.copyFrom(Base64.getUrlDecoder().decode(next(json))));
        points.put(channel, new Start.State(new Start.Snapshot(point)));
      }
      require(json.currentToken() == JsonToken.END_ARRAY && !isOne(complete));
      return new Points(complete, points);
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable();
    }
  }

  private static String next(JsonParser json) throws IOException {
    require(json.nextToken() == JsonToken.VALUE_STRING);
    return json.getText();
  }

  private static void require(boolean wellFormed) {
    if (!wellFormed) {
      throw unreadable();
    }
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static RequestException unreadable() {
    return new RequestException(
        ErrorCode.INVALID_POSITION,
        "this is no place in a snapshot: hand back 'next' of the poll before as it was given, s1.…");
  }
}
