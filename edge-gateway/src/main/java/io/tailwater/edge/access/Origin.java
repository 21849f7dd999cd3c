package io.tailwater.edge.access;

import io.netty.util.NetUtil;
import java.net.IDN;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A web origin (RFC 6454), in one spelling: lower case, international names in ASCII, IPv6
 * addresses in their shortest form. Immutable.
 *
 * @param scheme {@code http}, {@code https}, or that of an app, such as {@code capacitor}
 * @param host a name, or an address; of IPv6 in brackets
 * @param port the port, also if it is the scheme's default; {@link #NO_PORT} if an app's origin has
 *     none
 */
record Origin(String scheme, String host, int port) {
  static final int NO_PORT = -1;

  private static final Pattern FORM =
      Pattern.compile(
          "([A-Za-z][A-Za-z0-9+.-]*)://(\\[[0-9A-Fa-f:.]+]|[^\\s/?#@:\\[\\]*\\\\]+)(?::([0-9]{1,5}))?");
  private static final Pattern LIKE_AN_ADDRESS = Pattern.compile("[0-9.]+|0x[0-9a-f.x]*");
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_-]+)*\\.?");
  private static final int MAX_PORT = 65_535;

  /** Reads an origin; null if the text is not one. */
  static @Nullable Origin parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return null;
    }
    String scheme = form.group(1).toLowerCase(Locale.ROOT);
    String host = host(form.group(2));
    int port = form.group(3) == null ? defaultPort(scheme) : Integer.parseInt(form.group(3));
    return host == null || port > MAX_PORT ? null : new Origin(scheme, host, port);
  }

  private static @Nullable String host(String text) {
    if (text.startsWith("[")) {
      byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
      return address == null || address.length != 16
          ? null
          : "[" + NetUtil.bytesToIpAddress(address) + "]";
    }
    try {
      String name = IDN.toASCII(text).toLowerCase(Locale.ROOT);
      boolean good =
          LIKE_AN_ADDRESS.matcher(name).matches()
              ? NetUtil.isValidIpV4Address(name)
              : NAME.matcher(name).matches();
      return good ? name : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int defaultPort(String scheme) {
    return switch (scheme) {
      case "http" -> 80;
      case "https" -> 443;
      default -> NO_PORT;
    };
  }

  /** The origin as browsers write it. */
  String text() {
    return scheme + "://" + host + (port == defaultPort(scheme) ? "" : ":" + port);
  }

  /**
   * Whether nobody else's name server decides which machine this host is: an address, or this
   * machine's own name for itself.
   */
  boolean literal() {
    return host.startsWith("[")
        || NetUtil.isValidIpV4Address(host)
        || host.equals("localhost")
        || host.endsWith(".localhost");
  }
}
