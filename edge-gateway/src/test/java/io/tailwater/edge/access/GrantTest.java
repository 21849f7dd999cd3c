package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ScopeText;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GrantTest {
  @ParameterizedTest
  @CsvSource({
    "chat:lobby, chat:lobby, true",
    "chat:lobby, chat:lobby2, false",
    "chat:lobby, chat:lobb, false",
    "chat:*, chat:lobby, true",
    "chat:*, chatter:lobby, false",
    "chat:*, orders:1, false",
    "chat:room-*, chat:room-1, true",
    "chat:room-*, chat:room-, true",
    "chat:room-*, chat:hall, false",
    "*, chat:lobby, true",
    "chat:a*b, chat:axb, false",
    "chat:a*b, chat:a*b, true",
    "chat:.*, chat:lobby, false"
  })
  void aPatternIsAChannelOrAPrefix(String pattern, String channel, boolean allowed) {
    assertThat(maySubscribe(pattern, channel, "alice")).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "user:$sub, user:alice, true",
    "user:$sub, user:bob, false",
    "user:$sub, user:alice2, false",
    "user:$sub, user:alice/inbox, false",
    "user:$sub/*, user:alice/inbox, true",
    "user:$sub/*, user:alice/, true",
    "user:$sub/*, user:alice, false",
    "user:$sub/*, user:alicex/inbox, false",
    "user:$sub/inbox, user:alice/inbox, true",
    "user:$sub/inbox, user:alice/outbox, false",
    "user:$sub*, user:alice, false",
    "user:$sub*, user:alice2, false",
    "user:x$sub, user:xalice, false",
    "user:x/$sub, user:x/alice, false",
    "$sub:inbox, alice:inbox, false"
  })
  void theSubjectIsTheWholeKeyOrStandsBeforeASlash(
      String pattern, String channel, boolean allowed) {
    assertThat(maySubscribe(pattern, channel, "alice")).isEqualTo(allowed);
  }

  @Test
  void aSubjectWithASlashMatchesNoSuchPattern() {
    assertThat(maySubscribe("user:$sub", "user:alice/inbox", "alice/inbox")).isFalse();
    assertThat(maySubscribe("user:$sub/*", "user:alice/inbox/x", "alice/inbox")).isFalse();
    assertThat(maySubscribe("chat:*", "chat:lobby", "alice/inbox")).isTrue();
  }

  @Test
  void aSubjectIsLiteral() {
    assertThat(maySubscribe("user:$sub", "user:alice", "*")).isFalse();
    assertThat(maySubscribe("user:$sub", "user:a*b", "a*b")).isTrue();
    assertThat(maySubscribe("user:$sub/*", "user:alice/x", "*")).isFalse();
    assertThat(maySubscribe("user:$sub", "user:$sub", "alice")).isFalse();
  }

  @Property
  void nobodyGetsWhatIsAnothersBySubject(
      @ForAll @AlphaChars @StringLength(min = 1, max = 5) String me,
      @ForAll @AlphaChars @StringLength(min = 1, max = 5) String other) {
    boolean same = me.equals(other);
    assertThat(maySubscribe("user:$sub", "user:" + other, me)).isEqualTo(same);
    assertThat(maySubscribe("user:$sub/*", "user:" + other + "/x", me)).isEqualTo(same);
  }

  @Test
  void readingAndWritingAreGrantedApart() {
    Grant grant = new Grant(List.of("chat:*"), List.of("chat:lobby"), List.of());
    assertThat(grant.mayPublish(Channel.parse("chat:lobby"), "alice")).isTrue();
    assertThat(grant.mayPublish(Channel.parse("chat:hall"), "alice")).isFalse();
    assertThat(grant.maySubscribe(Channel.parse("chat:hall"), "alice")).isTrue();
    assertThat(Grant.NOTHING.maySubscribe(Channel.parse("chat:hall"), "alice")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "ai:*, true",
    "*, true",
    "a*, true",
    "ai*, true",
    "ai:x*, false",
    "ai:x, false",
    "ais:*, false",
    "ai:$sub/*, false"
  })
  void aWholeNamespaceIsCoveredByAPrefixOfIt(String pattern, boolean all) {
    Grant grant = new Grant(List.of(), List.of(pattern), List.of());
    assertThat(grant.mayPublishAll("ai")).isEqualTo(all);
  }

  @ParameterizedTest
  @CsvSource({
    "orders:*, orders:*, true",
    "orders:*, orders:eu-*, true",
    "*, orders:*, true",
    "ord*, orders:eu-*, true",
    "orders:eu-*, orders:eu-*, true",
    "orders:eu-*, orders:eu-1*, true",
    "orders:eu-*, orders:e*, false",
    "orders:eu-*, orders:*, false",
    "orders:eu, orders:eu*, false",
    "users:*, orders:*, false",
    "orders:$sub/*, orders:alice/*, false",
    "orders:$sub, orders:alice*, false"
  })
  void aPatternIsCoveredByAPatternThatCoversAllOfItAndHasNoSubject(
      String granted, String wanted, boolean covered) {
    Grant grant = new Grant(List.of(granted), List.of(), List.of());
    ChannelPattern pattern = (ChannelPattern) ScopeText.parse(wanted);
    assertThat(grant.maySubscribe(pattern)).isEqualTo(covered);
  }

  private static boolean maySubscribe(String pattern, String channel, String subject) {
    return new Grant(List.of(pattern), List.of(), List.of())
        .maySubscribe(Channel.parse(channel), subject);
  }
}
