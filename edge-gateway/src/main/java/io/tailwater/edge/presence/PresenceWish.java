package io.tailwater.edge.presence;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PresenceKind;
import io.tailwater.edge.request.Query;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What a client asks of presence. Immutable.
 *
 * @param present whether it is to be seen
 * @param info what it says about itself, a JSON object without line breaks; empty for nothing
 * @param watches whether it is shown who is present
 * @param polls whether it comes back for each answer, and so stays for a while after one
 */
public record PresenceWish(boolean present, String info, boolean watches, boolean polls) {
  /** Asks for nothing. */
  public static final PresenceWish NONE = new PresenceWish(false, "", false, false);

  private static final int MAX_INFO_BYTES = 1 << 10;
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * What the parameters {@code present}, {@code info} and {@code presence} of a request ask for.
   *
   * @throws RequestException {@code invalid_request}, {@code too_large}
   */
  public static PresenceWish of(Query query) {
    return of(query.bool("present"), query.text("info"), query.bool("presence"));
  }

  /**
   * @param info as the client wrote it
   * @throws RequestException {@code invalid_request}, {@code too_large}
   */
  public static PresenceWish of(boolean present, String info, boolean watches) {
    if (!info.isEmpty() && !present) {
      throw invalid("'info' goes with present=true: it is shown to those who see you");
    }
    if (!present && !watches) {
      return NONE;
    }
    return new PresenceWish(present, info.isEmpty() ? "" : info(info), watches, false);
  }

  /** The same, of a client that polls. */
  public PresenceWish ofPoll() {
    return new PresenceWish(present, info, watches, true);
  }

  /** Whether it asks for nothing. */
  public boolean isNone() {
    return !present && !watches;
  }

  /** Whether a channel or pattern can have members. */
  public static boolean isPossible(Scope scope, Namespace namespace) {
    return scope instanceof Channel && namespace.getPresence() != PresenceKind.PRESENCE_NONE;
  }

  /** A refusal for something without presence. */
  public static RequestException impossible(Scope scope, Namespace namespace) {
    return invalid(
        scope instanceof Channel
            ? "the channels of "
                + namespace.getName()
                + " have no presence; to have it, set tailwater.namespaces."
                + namespace.getName()
                + ".presence to count or members for the event-cores"
            : "presence is that of single channels, and " + scope + " is a pattern");
  }

  /**
   * What a client says about itself, checked, in one line.
   *
   * @throws RequestException {@code invalid_request}, {@code too_large}
   */
  public static String info(String text) {
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_INFO_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE, "'info' has at most " + MAX_INFO_BYTES + " bytes");
    }
    Text.require("'info'", text, ErrorCode.INVALID_REQUEST);
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("'info' is a JSON object, for instance {\"name\":\"Alice\"}");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw invalid("something follows the JSON object of 'info'");
      }
    } catch (IOException e) {
      throw invalid("'info' is not a JSON object");
    }
    return inOneLine(text);
  }

  /** In JSON, the first two stand between its parts, and the others within strings. */
  private static String inOneLine(String json) {
    return json.replace('\n', ' ')
        .replace('\r', ' ')
        .replace("\u0085", "\\u0085")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
