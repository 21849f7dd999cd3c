package io.tailwater.edge.ai;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Issue;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StreamKeysTest {
  private static final String LONG = "0123456789abcdef";

  private final StreamKeys keys = new StreamKeys("A".repeat(43));

  @Test
  void aSubjectHasItsOwnKeysOnEveryGateway() {
    String key = keys.of(subject("alice"), "k-1");
    assertThat(key).matches("[A-Za-z0-9_-]{43}");
    assertThat(new StreamKeys("A".repeat(43)).of(subject("alice"), "k-1")).isEqualTo(key);
    assertThat(keys.of(subject("alice"), "k-2")).isNotEqualTo(key);
    assertThat(keys.of(subject("bob"), "k-1")).isNotEqualTo(key);
    assertThat(keys.of(subject("alice1"), "/k")).isNotEqualTo(keys.of(subject("alice"), "1/k"));
  }

  @Test
  void withoutTheSecretNobodyCanComputeOne() {
    assertThat(new StreamKeys("B".repeat(43)).of(subject("alice"), "k-1"))
        .isNotEqualTo(keys.of(subject("alice"), "k-1"));
  }

  @Test
  void noneStaysNone() {
    assertThat(keys.of(subject("alice"), "")).isEmpty();
    assertThat(keys.of(anonymous(), "")).isEmpty();
  }

  @Test
  void withoutATokenAKeyIsItsOwnersSecret() {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> keys.of(anonymous(), LONG.substring(1)));
    assertThat(keys.of(anonymous(), LONG)).isNotEqualTo(keys.of(subject("anonymous"), LONG));
  }

  @Test
  void aChatBelongsToItsSubjectOrToWhoeverKnowsItsId() {
    String chat = keys.chat(subject("alice"), "c");
    assertThat(chat).matches("[A-Za-z0-9_-]{43}");
    assertThat(keys.chat(subject("alice"), "c")).isEqualTo(chat);
    assertThat(keys.chat(subject("bob"), "c")).isNotEqualTo(chat);
    assertRefused(ErrorCode.INVALID_REQUEST, () -> keys.chat(anonymous(), LONG.substring(1)));
    assertThat(keys.chat(anonymous(), LONG)).isNotEqualTo(keys.chat(subject("anonymous"), LONG));
    assertThat(keys.request(chat, "1")).isNotEqualTo(keys.request(chat, "2"));
  }

  @Test
  void whatIsNoKeyIsRefused() {
    for (String bad : List.of("k".repeat(256), "a\nb", "\ud800")) {
      assertRefused(ErrorCode.INVALID_REQUEST, () -> keys.of(subject("alice"), bad));
    }
  }

  private static Identity subject(String subject) {
    return new Identity(
        subject,
        new Grant(List.of(), List.of(), List.of()),
        Long.MAX_VALUE,
        false,
        Issue.UNKNOWN,
        null,
        "");
  }

  private static Identity anonymous() {
    return new Identity(
        Identity.ANONYMOUS,
        new Grant(List.of(), List.of(), List.of()),
        Long.MAX_VALUE,
        true,
        Issue.UNKNOWN,
        null,
        "");
  }
}
