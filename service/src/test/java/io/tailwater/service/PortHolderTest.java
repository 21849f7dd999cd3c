package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
final class PortHolderTest {
  private static final String SELF = "(process " + ProcessHandle.current().pid() + ")";

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "::1", "::"})
  void aServerIsNamedOnEveryAddress(String address) throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      assertThat(PortHolder.of(server.getLocalPort())).get().asString().endsWith(SELF);
    }
  }

  @Test
  void anOutgoingConnectionIsNamedToo() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client = new Socket()) {
      client.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
      assertThat(PortHolder.of(client.getLocalPort())).get().asString().endsWith(SELF);
    }
  }

  @Test
  void aFreePortHasNoHolder() throws IOException {
    int port;
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
    }
    assertThat(PortHolder.of(port)).isEmpty();
    assertThat(PortHolder.named(port)).isEqualTo("another program");
  }
}
