package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import io.micronaut.http.simple.SimpleHttpRequestFactory;
import java.net.InetSocketAddress;
import java.util.List;
import net.jqwik.api.Example;

final class AddressesTest {
  @Example
  void withoutTrustedProxiesItIsTheSocketsWhateverTheHeaderSays() {
    assertThat(of(List.of(), "198.51.100.7", "203.0.113.1")).isEqualTo("198.51.100.7");
  }

  @Example
  void aTrustedProxySaysWhoAsked() {
    List<String> trusted = List.of("10.0.0.0/8");
    assertThat(of(trusted, "10.1.2.3", "203.0.113.1")).isEqualTo("203.0.113.1");
    assertThat(of(trusted, "10.1.2.3", "203.0.113.1:4711")).isEqualTo("203.0.113.1");
    assertThat(of(trusted, "198.51.100.7", "203.0.113.1")).isEqualTo("198.51.100.7");
  }

  @Example
  void whatAClientWroteItselfIsNotBelieved() {
    List<String> trusted = List.of("10.0.0.0/8", "192.0.2.1");
    assertThat(of(trusted, "10.1.2.3", "1.1.1.1, 203.0.113.1, 192.0.2.1")).isEqualTo("203.0.113.1");
    assertThat(of(trusted, "10.1.2.3", "nonsense, 192.0.2.1")).isEqualTo("192.0.2.1");
    assertThat(of(trusted, "10.1.2.3", "nonsense")).isEqualTo("10.1.2.3");
    assertThat(of(trusted, "10.1.2.3", "")).isEqualTo("10.1.2.3");
  }

  @Example
  void allOfAnIpv6NetworkIsOneClient() {
    String one = of(List.of(), "2001:db8:1:2::1", "");
    assertThat(one).endsWith("/64").isEqualTo(of(List.of(), "2001:db8:1:2:ffff::9", ""));
    assertThat(of(List.of("::1"), "::1", "[2001:db8:1:2::5]:99")).isEqualTo(one);
    assertThat(of(List.of(), "2001:db8:1:3::1", "")).isNotEqualTo(one);
  }

  @Example
  void aProxyThatIsNoNetworkIsRefused() {
    for (String bad : List.of("proxy.example.com", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "")) {
      assertThatThrownBy(() -> new Addresses(List.of(bad)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("10.0.0.0/8");
    }
  }

  private static String of(List<String> trusted, String socket, String forwarded) {
    MutableHttpRequest<?> request = new SimpleHttpRequestFactory().get("/v1/events");
    if (!forwarded.isEmpty()) {
      request.header("X-Forwarded-For", forwarded);
    }
    return new Addresses(trusted).of(from(request, socket));
  }

  /** The request, as if it had come from there. */
  static HttpRequest<?> from(HttpRequest<?> request, String socket) {
    return new io.micronaut.http.HttpRequestWrapper<Object>((HttpRequest<Object>) request) {
      @Override
      public InetSocketAddress getRemoteAddress() {
        return new InetSocketAddress(socket, 4711);
      }
    };
  }
}
