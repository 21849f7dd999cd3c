package io.tailwater.edge.roster;

import io.tailwater.edge.presence.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Members as {@code roster.lua} answers with them. Immutable.
 *
 * @param all in the order of the answer
 */
record RosterMembers(List<One> all) {
  /**
   * A subject.
   *
   * @param member null if it is not there any more
   */
  record One(String subject, @Nullable Member member) {}

  /**
   * @param texts subjects, each followed by what is known of it
   */
  static RosterMembers of(List<String> texts) {
    List<One> all = new ArrayList<>(texts.size() / 2);
    for (int i = 0; i < texts.size(); i += 2) {
      all.add(one(texts.get(i), texts.get(i + 1)));
    }
    return new RosterMembers(all);
  }

  private static One one(String subject, String known) {
    int end = known.indexOf('\n');
    return new One(
        subject,
        end < 0
            ? null
            : new Member(
                subject, Long.parseLong(known.substring(0, end)), known.substring(end + 1)));
  }

  /** Those that are there. */
  List<Member> present() {
    return all.stream().map(One::member).filter(Objects::nonNull).toList();
  }
}
