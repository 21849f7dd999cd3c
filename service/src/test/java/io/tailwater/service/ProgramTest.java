package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A service as a real process, configured by environment variables. */
final class ProgramTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TAILWATER_CORE_COUNT | many | tailwater.core.count is \"many\"; accepted: a whole number",
        "TAILWATER_CORE_COUNT | 0 | tailwater.core.count is 0; accepted: 1 to 100",
        "TAILWATER_CORE_LAG_LIMT | 1s | unknown setting TAILWATER_CORE_LAG_LIMT; did you mean TAILWATER_CORE_LAG_LIMIT?",
        "TAILWATER_CROE_COUNT | 1 | unknown setting TAILWATER_CROE_COUNT; did you mean TAILWATER_CORE_COUNT?",
        "TAILWATER_NAMESPACES_MY_CHAT_MAX_AGE | 1 day | tailwater.namespaces.my-chat.max-age is \"1 day\"; accepted: a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "TAILWATER_NAMESPACES_CHAT_PARTITION | 1 | unknown setting TAILWATER_NAMESPACES_CHAT_PARTITION",
      })
  void aVariableThatIsRefusedIsOneSentenceAndExitCodeOne(
      String variable, String value, String sentence) throws Exception {
    try (Child child = Child.start(Sample.class, Map.of(variable, value))) {
      assertThat(child.exitCode()).isEqualTo(1);
      assertThat(child.output()).hasSize(1).first().asString().contains(sentence);
    }
  }

  @Test
  void variablesOfNamedSettingsAreTakenAndOthersLeftAlone() throws Exception {
    Map<String, String> variables =
        Map.of(
            "TAILWATER_NAMESPACES_MY_CHAT_MAX_AGE",
            "1d",
            "TAILWATER_NAMESPACES_MY_CHAT_PARTITIONS",
            "5",
            "TAILWATER_NAMESPACES",
            "{}",
            "TAILWATER_EDGE_ORIGINS",
            "*",
            "TAILWATER_DATA",
            "/tmp");
    try (Child child = Child.start(PrintingSample.class, variables)) {
      assertThat(child.exitCode()).isZero();
      assertThat(child.output())
          .containsExactly("[Room[name=my-chat, partitions=5, maxAge=PT24H]]");
    }
  }

  /** Starts the sample, prints what it was configured with, and ends. */
  static final class PrintingSample {
    private PrintingSample() {}

    public static void main(String[] args) {
      try (var context = Sample.PROGRAM.start(Map.of())) {
        System.out.println(context.getBean(Sample.User.class).rooms);
      }
    }
  }

  @Test
  void sigtermClosesTheServiceAndEndsTheProcess() throws IOException, InterruptedException {
    try (Child child = Child.start(Sample.class, Map.of("TAILWATER_INSTANCE", "announced"))) {
      child.awaitLine("sample is running");
      child.terminate();
      assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(child.output()).last().isEqualTo("closed");
    }
  }
}
