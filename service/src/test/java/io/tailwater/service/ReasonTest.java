package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.context.exceptions.BeanInstantiationException;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

final class ReasonTest {
  @Test
  void aRefusedSettingIsNamedWithoutTheWayThroughTheBeans() {
    Throwable refused = new ConfigurationException("a.b is 0", new RuntimeException("deeper"));
    assertThat(Reason.of(new BeanInstantiationException("bean", refused))).isEqualTo("a.b is 0");
  }

  @Test
  void anAddressInUseIsNamedWithTheAddress() {
    Throwable taken = new BindException("Address already in use");
    assertThat(Reason.of(new RuntimeException("bean", new RuntimeException("port 7010", taken))))
        .isEqualTo("port 7010: Address already in use");
  }

  @Test
  void whoHasThePortIsNamed() throws IOException {
    try (var server = new ServerSocket(0)) {
      Throwable taken = new BindException("Address already in use");
      String around = "Failed to bind to address /0.0.0.0:" + server.getLocalPort();
      assertThat(Reason.of(new RuntimeException(around, taken)))
          .startsWith(around + ": Address already in use")
          .contains(PortHolder.of(server.getLocalPort()).orElse(""));
    }
  }

  @Test
  void ofALongMessageTheLineThatSaysWhyIsTaken() {
    assertThat(Reason.of(new RuntimeException("Error of bean x\n\nMessage: why\nPath: y")))
        .isEqualTo("why");
    assertThat(Reason.of(new IllegalStateException())).contains("IllegalStateException");
  }
}
