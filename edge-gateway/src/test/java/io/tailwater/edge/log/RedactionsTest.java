package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a gateway takes out of the events that it holds. */
final class RedactionsTest {
  @Test
  void aRunLosesTheContentOfAnEventAndOfItsEditsAndNothingElse() {
    Event message = event("a", 1).build();
    Event edit = event("a", 3).setType("edit").setOf(1).build();
    List<Event> events = List.of(message, event("b", 2).build(), edit, event("a", 4).build());
    Event redaction = event("a", 5).setType("redact").setOf(1).build();
    Selection selection = new Selection(Channel.parse("demo:a"), Set.of());
    Run run = Run.live(selection, new Epoch("k3Zq"), 0, 4, events);
    Run without = run.without(redaction);
    assertThat(without.events())
        .extracting(Event::getRedacted)
        .containsExactly(true, false, true, false);
    assertThat(without.events().getFirst().getData()).isEmpty();
    assertThat(without.from()).isZero();
    assertThat(without.through()).isEqualTo(4);
    assertThat(without.closedThrough(Run.OPEN)).isEqualTo(run.closedThrough(Run.OPEN));
    assertThat(without.without(redaction)).isSameAs(without);
    assertThat(run.without(event("c", 5).setType("redact").setOf(1).build())).isSameAs(run);
    run.release();
    without.release();
  }

  @Test
  void onlyTheTypeAndTheReferenceTogetherMakeARedaction() {
    List<Event> events =
        List.of(
            event("a", 1).setType("redact").build(),
            event("a", 2).setOf(1).build(),
            event("a", 3).setType("redact").setOf(1).build());
    assertThat(Redactions.of(events)).containsExactly(events.getLast());
  }

  private static Event.Builder event(String key, long offset) {
    return Event.newBuilder()
        .setChannelKey(key)
        .setOffset(offset)
        .setType("message")
        .setKind(DataKind.JSON)
        .setData(ByteString.copyFromUtf8("1"));
  }
}
