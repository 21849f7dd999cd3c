package io.tailwater.edge.access;

import io.micronaut.http.HttpRequest;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where requests come from: the socket's address or, behind proxies that are trusted, what they say
 * of it in {@code X-Forwarded-For}.
 */
public final class Addresses {
  private static final String FORWARDED_FOR = "X-Forwarded-For";

  private final List<Network> trusted;

  /**
   * @param trusted addresses and networks of proxies, e.g. {@code 10.0.0.0/8}
   * @throws IllegalArgumentException if one is neither
   */
  public Addresses(List<String> trusted) {
    this.trusted = trusted.stream().map(Network::parse).toList();
  }

  /**
   * The address of a request's client, as one to count by: of IPv6 its /64, since that is what one
   * client has.
   */
  public String of(HttpRequest<?> request) {
    InetSocketAddress socket = request.getRemoteAddress();
    InetAddress client = socket.getAddress();
    List<String> headers = request.getHeaders().getAll(FORWARDED_FOR);
    String[] hops = String.join(",", headers).split(",");
    // From the nearest proxy on; the first that is not ours is as far as can be believed.
    for (int i = hops.length - 1; i >= 0 && client != null && trusted(client); i--) {
      InetAddress hop = parse(hops[i].trim());
      if (hop == null) {
        break;
      }
      client = hop;
    }
    return client == null ? socket.getHostString() : text(client);
  }

  /** Whether a trusted proxy sent the request, so that its forwarded headers can be believed. */
  boolean trustsSender(HttpRequest<?> request) {
    InetAddress sender = request.getRemoteAddress().getAddress();
    return sender != null && trusted(sender);
  }

  /** The address of a socket's client, as one to count by; null if it is a trusted proxy's. */
  public @Nullable String ofClient(SocketAddress socket) {
    if (!(socket instanceof InetSocketAddress internet)) {
      return null;
    }
    InetAddress client = internet.getAddress();
    return client == null ? internet.getHostString() : trusted(client) ? null : text(client);
  }

  private boolean trusted(InetAddress address) {
    return trusted.stream().anyMatch(network -> network.contains(address));
  }

  private static @Nullable InetAddress parse(String hop) {
    String host = hop;
    int bracket = hop.indexOf(']');
    if (hop.startsWith("[") && bracket > 0) {
      host = hop.substring(1, bracket);
    } else if (hop.indexOf(':') == hop.lastIndexOf(':') && hop.indexOf(':') > 0) {
      host = hop.substring(0, hop.indexOf(':'));
    }
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    return bytes == null ? null : address(bytes);
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }

  private static String text(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return address.getHostAddress();
    }
    byte[] prefix = new byte[16];
    System.arraycopy(bytes, 0, prefix, 0, 8);
    return NetUtil.toAddressString(address(prefix)) + "/64";
  }

  /** All addresses that begin with the same bits. */
  private record Network(byte[] address, int bits) {
    static Network parse(String text) {
      int slash = text.indexOf('/');
      String host = slash < 0 ? text : text.substring(0, slash);
      byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
      int bits = -1;
      if (address != null) {
        int most = 8 * address.length;
        String length = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
        bits = length.matches("[0-9]{1,3}") ? Integer.parseInt(length) : -1;
        if (bits <= most && bits >= 0) {
          return new Network(address, bits);
        }
      }
      throw new IllegalArgumentException(
          "a trusted proxy is an address or a network, such as 10.0.0.0/8, not '" + text + "'");
    }

    boolean contains(InetAddress candidate) {
      byte[] other = candidate.getAddress();
      if (other.length != address.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >>> (bit % 8);
        if ((other[bit / 8] & mask) != (address[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
