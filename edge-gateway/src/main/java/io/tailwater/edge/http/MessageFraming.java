package io.tailwater.edge.http;

import io.netty.buffer.ByteBuf;
import java.util.BitSet;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: finds where each request of a connection begins and
 * ends, by RFC 9112 to the letter. Whatever two readers could understand differently is a fault:
 * then one of them might take a part of a body for a request. It looks at nothing else.
 */
final class MessageFraming {
  private static final String HOST = "host";
  private static final String LENGTH = "content-length";
  private static final String CODING = "transfer-encoding";

  private static final BitSet TOKEN = new BitSet(128);

  /** Names are compared only up to here; the names that matter are shorter. */
  private static final int MAX_NAME_CHARS = 32;

  /** Of a header that matters: a host name is at most 255 bytes. */
  private static final int MAX_VALUE_CHARS = 300;

  private static final int MAX_VERSION_CHARS = 8;
  private static final int MAX_LENGTH_DIGITS = 18;
  private static final int MAX_CHUNK_DIGITS = 8;
  private static final int MAX_EXTENSION_BYTES = 1_024;

  static {
    for (char letter = 'a'; letter <= 'z'; letter++) {
      TOKEN.set(letter);
      TOKEN.set(Character.toUpperCase(letter));
    }
    TOKEN.set('0', '9' + 1);
    "!#$%&'*+-.^_`|~".chars().forEach(TOKEN::set);
  }

  private final StringBuilder target = new StringBuilder();
  private final StringBuilder version = new StringBuilder();
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder value = new StringBuilder();

  private State state = State.START;
  private boolean trailer;
  private boolean nameMatters;
  private @Nullable String host;
  private @Nullable String length;
  private @Nullable String coding;

  /** Bytes that are left of the body or of the chunk. */
  private long left;

  private long requests;
  private int digits;
  private int extensionBytes;
  private @Nullable String fault;

  private enum State {
    START,
    START_LF,
    METHOD,
    TARGET,
    VERSION,
    VERSION_LF,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    END_LF,
    BODY,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK,
    CHUNK_CR,
    CHUNK_LF,
    BROKEN
  }

  /** What of a request arrives next. */
  enum Part {
    /** Nothing of a request has arrived. */
    NONE,
    HEAD,
    BODY
  }

  /** The part of a request that is arriving. */
  Part part() {
    return switch (state) {
      case START, START_LF -> Part.NONE;
      case METHOD, TARGET, VERSION, VERSION_LF -> Part.HEAD;
      case LINE, NAME, VALUE, VALUE_LF, END_LF -> trailer ? Part.BODY : Part.HEAD;
      case BODY, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_SIZE_LF, CHUNK, CHUNK_CR, CHUNK_LF -> Part.BODY;
      case BROKEN -> Part.NONE;
    };
  }

  /** How many requests have arrived whole. */
  long requests() {
    return requests;
  }

  /** What is wrong with the last request; null if nothing is. */
  @Nullable String fault() {
    return fault;
  }

  /**
   * Reads on, at most to the end of a request's head or to its end.
   *
   * @param bytes from its reader index on; the index stays as it is
   * @return how many bytes were read; if there is a {@link #fault}, none of them are to be used
   */
  int read(ByteBuf bytes) {
    int end = bytes.writerIndex();
    int at = bytes.readerIndex();
    while (at < end && state != State.BROKEN) {
      if (state == State.BODY || state == State.CHUNK) {
        int taken = (int) Math.min(left, end - at);
        at += taken;
        left -= taken;
        if (left > 0) {
          break;
        }
        if (state == State.BODY) {
          begin();
          break;
        }
        state = State.CHUNK_CR;
        continue;
      }
      State before = state;
      read(bytes.getByte(at++));
      if (before == State.END_LF) {
        break;
      }
    }
    return at - bytes.readerIndex();
  }

  private void read(byte octet) {
    switch (state) {
      case START -> start(octet);
      case START_LF -> lineFeed(octet, State.START);
      case METHOD -> method(octet);
      case TARGET -> target(octet);
      case VERSION -> version(octet);
      case VERSION_LF -> lineFeed(octet, State.LINE);
      case LINE -> line(octet);
      case NAME -> name(octet);
      case VALUE -> value(octet);
      case VALUE_LF -> {
        header();
        lineFeed(octet, State.LINE);
      }
      case END_LF -> {
        lineFeed(octet, State.START);
        end();
      }
      case CHUNK_SIZE -> chunkSize(octet);
      case CHUNK_EXTENSION -> chunkExtension(octet);
      case CHUNK_SIZE_LF -> {
        lineFeed(octet, State.CHUNK);
        chunk();
      }
      case CHUNK_CR -> {
        if (octet == '\r') {
          state = State.CHUNK_LF;
        } else {
          broken("a chunk is longer than its size says");
        }
      }
      case CHUNK_LF -> {
        lineFeed(octet, State.CHUNK_SIZE);
        digits = 0;
      }
      case BODY, CHUNK, BROKEN -> throw new IllegalStateException("not read byte by byte");
    }
  }

  private void begin() {
    requests++;
    state = State.START;
    trailer = false;
    host = null;
    length = null;
    coding = null;
    target.setLength(0);
    version.setLength(0);
    name.setLength(0);
    value.setLength(0);
  }

  private void start(byte octet) {
    if (octet == '\r') {
      state = State.START_LF;
    } else {
      state = State.METHOD;
      method(octet);
    }
  }

  private void method(byte octet) {
    if (octet == ' ') {
      state = State.TARGET;
    } else if (!isToken(octet)) {
      broken("a request begins with a method, a space, a path, a space and HTTP/1.1");
    }
  }

  private void target(byte octet) {
    if (octet == ' ') {
      state = State.VERSION;
      requireTarget();
    } else if (octet >= 0 && octet < ' ' || octet == 0x7f) {
      broken(
          "a request line has a method, a path and HTTP/1.1, each once and with one space between");
    } else if (target.length() < MAX_VALUE_CHARS) {
      target.append((char) (octet & 0xff));
    }
  }

  private void requireTarget() {
    boolean path = !target.isEmpty() && target.charAt(0) == '/';
    if (!path && !target.toString().equals("*") && authority() == null) {
      broken("the path of a request begins with /");
    }
  }

  /** The host in a URL that names one; null in a path. */
  private @Nullable String authority() {
    String url = target.toString().toLowerCase(Locale.ROOT);
    int begin = url.startsWith("http://") ? 7 : url.startsWith("https://") ? 8 : -1;
    return begin < 0 ? null : url.substring(begin).split("[/?#]", 2)[0];
  }

  private void version(byte octet) {
    if (octet != '\r') {
      if (version.length() < MAX_VERSION_CHARS && octet > ' ') {
        version.append((char) octet);
      } else {
        broken("a request line ends with HTTP/1.1 or HTTP/1.0");
      }
      return;
    }
    state = State.VERSION_LF;
    String text = version.toString();
    if (!text.equals("HTTP/1.1") && !text.equals("HTTP/1.0")) {
      broken("a request line ends with HTTP/1.1 or HTTP/1.0");
    }
  }

  private void line(byte octet) {
    if (octet == '\r') {
      state = State.END_LF;
    } else if (octet == ' ' || octet == '\t') {
      broken("a header takes one line, and none begins with a space");
    } else {
      name.setLength(0);
      value.setLength(0);
      state = State.NAME;
      name(octet);
    }
  }

  private void name(byte octet) {
    if (octet == ':') {
      if (name.isEmpty()) {
        broken("a header has a name before its colon");
        return;
      }
      String lower = name.toString();
      nameMatters = lower.equals(HOST) || lower.equals(LENGTH) || lower.equals(CODING);
      state = State.VALUE;
    } else if (!isToken(octet)) {
      broken("the name of a header has letters, digits and hyphens, and its colon right behind it");
    } else if (name.length() < MAX_NAME_CHARS) {
      name.append((char) (octet >= 'A' && octet <= 'Z' ? octet + 32 : octet));
    }
  }

  private void value(byte octet) {
    if (octet == '\r') {
      state = State.VALUE_LF;
    } else if (octet >= 0 && octet < ' ' && octet != '\t' || octet == 0x7f) {
      broken("the value of a header has no control characters, and a line ends with CR LF");
    } else if (nameMatters) {
      if (value.length() == MAX_VALUE_CHARS) {
        broken("the header " + name + " is longer than " + MAX_VALUE_CHARS + " bytes");
      } else {
        value.append((char) (octet & 0xff));
      }
    }
  }

  private void header() {
    if (!nameMatters) {
      return;
    }
    String header = name.toString();
    String text = value.toString().strip();
    if (trailer) {
      broken("a trailer cannot have the header " + header);
      return;
    }
    String before =
        switch (header) {
          case HOST -> host;
          case LENGTH -> length;
          default -> coding;
        };
    if (before != null) {
      broken("a request has the header " + header + " once");
      return;
    }
    switch (header) {
      case HOST -> host = text;
      case LENGTH -> length = text;
      default -> coding = text;
    }
  }

  /** After the last line of a head or of a trailer. */
  private void end() {
    if (state == State.BROKEN) {
      return;
    }
    if (trailer) {
      begin();
      return;
    }
    boolean newest = version.toString().equals("HTTP/1.1");
    requireHost(newest);
    if (coding != null) {
      if (length != null) {
        broken("a request has Transfer-Encoding or Content-Length, not both");
      } else if (!newest) {
        broken("Transfer-Encoding needs HTTP/1.1");
      } else if (!coding.equalsIgnoreCase("chunked")) {
        broken("Transfer-Encoding is chunked and nothing else");
      }
      if (state != State.BROKEN) {
        state = State.CHUNK_SIZE;
        digits = 0;
      }
      return;
    }
    if (length != null && !isNumber(length)) {
      broken("Content-Length is one number in decimal digits");
      return;
    }
    left = length == null ? 0 : Long.parseLong(length);
    if (state != State.BROKEN) {
      if (left == 0) {
        begin();
      } else {
        state = State.BODY;
      }
    }
  }

  private void requireHost(boolean required) {
    String named = host;
    if (named == null) {
      if (required) {
        broken("a request of HTTP/1.1 has the header Host");
      }
      return;
    }
    boolean plain =
        !named.isEmpty()
            && named.chars().allMatch(c -> c > ' ' && c < 0x7f && ",/\\@?#\"<>".indexOf(c) < 0);
    if (!plain) {
      broken("Host is one name or address, with or without a port");
      return;
    }
    String authority = authority();
    if (authority != null && !authority.equals(named.toLowerCase(Locale.ROOT))) {
      broken("the URL names another host than the header Host");
    }
  }

  private void chunkSize(byte octet) {
    int digit = Character.digit(octet, 16);
    if (digit >= 0 && octet > 0) {
      left = (digits == 0 ? 0 : left << 4) + digit;
      if (++digits > MAX_CHUNK_DIGITS || left > Integer.MAX_VALUE) {
        broken("a chunk has at most 2147483647 bytes, in at most 8 digits");
      }
    } else if (digits == 0) {
      broken("a chunk begins with its size in hexadecimal digits");
    } else if (octet == '\r') {
      state = State.CHUNK_SIZE_LF;
    } else if (octet == ';') {
      state = State.CHUNK_EXTENSION;
      extensionBytes = 0;
    } else {
      broken("the size of a chunk has hexadecimal digits, and a line ends with CR LF");
    }
  }

  private void chunkExtension(byte octet) {
    if (octet == '\r') {
      state = State.CHUNK_SIZE_LF;
    } else if (octet >= 0 && octet < ' ' && octet != '\t' || octet == 0x7f) {
      broken("a chunk's extension has no control characters, and a line ends with CR LF");
    } else if (++extensionBytes > MAX_EXTENSION_BYTES) {
      broken("a chunk's extension has at most " + MAX_EXTENSION_BYTES + " bytes");
    }
  }

  private void chunk() {
    if (state == State.CHUNK && left == 0) {
      trailer = true;
      state = State.LINE;
    }
  }

  private void lineFeed(byte octet, State next) {
    if (octet != '\n') {
      broken("a CR is followed by LF, and stands nowhere else");
    } else if (state != State.BROKEN) {
      state = next;
    }
  }

  private void broken(String why) {
    if (state != State.BROKEN) {
      fault = why;
      state = State.BROKEN;
    }
  }

  private static boolean isToken(byte octet) {
    return octet > 0 && TOKEN.get(octet);
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_LENGTH_DIGITS
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
