package io.tailwater.edge.limits;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Issue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PlacesTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Places places = Places.ofPublications(800, 80_000, meters);

  @Test
  void oneClientAloneFillsHalfOfThePlacesAndNoMore() {
    assertThat(fill("a", "1", 1)).isEqualTo(400);
    assertThat(fill("a", "2", 1)).as("the same subject elsewhere").isZero();
    assertThat(fill("b", "1", 1)).as("another subject there").isZero();
  }

  @Test
  void everyOtherClientStillHasItsShare() {
    fill("a", "1", 1);
    assertThat(fill("b", "2", 1)).isEqualTo(100);
    assertThat(fill("c", "3", 1)).isEqualTo(100);
    assertThat(fill("", "4", 1)).isEqualTo(100);
    assertThat(fill("", "4", 1)).isZero();
  }

  @Test
  void bytesAreSharedToo() {
    assertThat(fill("a", "1", 8_000)).isEqualTo(5);
    assertThat(fill("b", "2", 8_000)).isEqualTo(1);
  }

  @Test
  void severalAreTakenTogetherOrNotAtAll() {
    places.take(of("a", "1"), 350, 350);
    assertRefused(ErrorCode.RATE_LIMITED, () -> places.take(of("a", "1"), 100, 100));
    places.take(of("a", "1"), 50, 50);
    assertRefused(ErrorCode.RATE_LIMITED, () -> places.take(of("b", "2"), 101, 101));
    places.take(of("b", "2"), 100, 100);
  }

  @Test
  void placesThatAreGivenBackAreFreeAndNobodyIsRemembered() {
    List<Runnable> leave = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      leave.add(places.take(of("a", "1"), 1, 100));
    }
    assertRefused(ErrorCode.RATE_LIMITED, () -> places.take(of("a", "1"), 1, 100));
    assertThat(clients()).isEqualTo(2);
    leave.forEach(Runnable::run);
    assertThat(clients()).isZero();
    assertThat(fill("b", "2", 1)).isEqualTo(400);
  }

  private double clients() {
    return meters.get("tailwater.edge.publish.clients").gauge().value();
  }

  /** How many single places a client gets. */
  private int fill(String subject, String address, int bytes) {
    for (int taken = 0; ; taken++) {
      try {
        places.take(of(subject, address), 1, bytes);
      } catch (RequestException e) {
        return taken;
      }
    }
  }

  private static Identity of(String subject, String address) {
    Grant grant = new Grant(List.of(), List.of(), List.of());
    return new Identity(
        subject, grant, Long.MAX_VALUE, subject.isEmpty(), Issue.UNKNOWN, null, address);
  }
}
