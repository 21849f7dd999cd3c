package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.ai.MemoryEventCore.Faults;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.contract.v1.CreateStreamRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.lifecycle.AfterContainer;

/** Whatever happens to publications, the text in the log is the text that was generated. */
final class PublicationFaultsTest {
  private static final MemoryEventCore eventCore = new MemoryEventCore();
  private static final AiService service =
      AiService.start(
          eventCore.address(),
          AiService.NO_REDIS,
          Map.of(
              "tailwater.ai.publish.verdict-timeout", "30ms",
              "tailwater.ai.publish.max-backoff", "5ms",
              "tailwater.ai.create-timeout", "20s"));

  @AfterContainer
  static void stop() {
    service.close();
    eventCore.close();
  }

  @Property(tries = 8)
  void theTextSurvivesFailedLostSilentAndBrokenPublications(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 0, max = 0.4) double refused,
      @ForAll @DoubleRange(min = 0, max = 0.4) double lost,
      @ForAll @DoubleRange(min = 0, max = 0.1) double silent,
      @ForAll @DoubleRange(min = 0, max = 0.3) double broken) {
    eventCore.fail(new Faults(refused, lost, silent, broken, 0), seed);
    List<CreateStreamRequest> requests =
        IntStream.range(0, 4)
            .mapToObj(i -> prompt("Tell me of " + i).setSeed(seed + i).setMaxTokens(400).build())
            .toList();
    List<String> channels =
        requests.stream().map(request -> service.create(request).getChannel()).toList();
    for (int i = 0; i < requests.size(); i++) {
      String channel = channels.get(i);
      Transcript transcript =
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> Transcript.of(eventCore.events(channel)), Transcript::ended);
      assertThat(transcript.text()).isEqualTo(Transcript.expected(requests.get(i)));
      assertThat(transcript.newest()).isInstanceOf(Finish.class);
      assertThat(((Finish) transcript.newest()).usage().completionTokens()).isEqualTo(400);
    }
  }
}
