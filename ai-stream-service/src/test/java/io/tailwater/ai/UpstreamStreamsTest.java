package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.upstream.FakeUpstream;
import io.tailwater.contract.v1.ListModelsRequest;
import io.tailwater.contract.v1.ModelList;
import io.tailwater.contract.v1.StreamState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams of models behind a server, as they stand in the log. */
@SuppressWarnings("NullAway.Init")
final class UpstreamStreamsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final StreamEventCodec CODEC = new StreamEventCodec(ObjectMapper.getDefault());

  private static MemoryEventCore eventCore;
  private static FakeUpstream server;
  private static AiService service;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    eventCore = new MemoryEventCore();
    server = new FakeUpstream();
    Path key = Files.writeString(directory.resolve("key"), "sk-from-file\n");
    service =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of(
                "tailwater.ai.models.clever.url",
                server.base().toString(),
                "tailwater.ai.models.clever.key-file",
                key.toString(),
                "tailwater.ai.models.clever.model",
                "theirs-1",
                "tailwater.ai.models.clever.id",
                "ours",
                "tailwater.ai.models.clever.aliases",
                List.of("gpt-4o", "best"),
                "tailwater.ai.models.hasty.url",
                server.base().toString(),
                "tailwater.ai.models.hasty.silence",
                "300ms"));
  }

  @AfterAll
  static void stop() {
    service.close();
    eventCore.close();
    server.close();
  }

  @Test
  void aModelBehindAServerWritesIntoTheLogUnderOurName() {
    server.on(
        "theirs-1",
        (connection, attempt) -> {
          connection.stream();
          connection.delta("{\"reasoning_content\":\"hm\"}");
          connection.text("See:");
          connection.delta(
              "{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]}");
          connection.finish("tool_calls", 7, 21);
        });
    for (String name : List.of("ours", "gpt-4o", "best")) {
      StreamState created = service.create(prompt("look").setModel(name).build());
      assertThat(created.getModel()).isEqualTo("ours");
      List<StreamEvent> events = ended(created);
      assertThat(events.subList(1, events.size()))
          .containsExactly(
              new Delta(0, 0, "reasoning", null, null, "hm", 1),
              new Delta(1, 1, "text", null, null, "See:", 2),
              new Delta(2, 2, "tool_call", "c1", "look", "{}", 3),
              new Finish("tool_calls", Usage.of(7, 21)));
    }
    assertThat(server.requests().getLast().head()).contains("Bearer sk-from-file\r\n");
  }

  @Test
  void aFailureOfTheModelIsTheEndOfTheStreamWithItsKind() {
    server.on("hasty", (connection, attempt) -> connection.stall());
    Failed failed = (Failed) ended(service.create(prompt("x").setModel("hasty").build())).getLast();
    assertThat(failed.code()).isEqualTo("model_timeout");
    assertThat(failed.message()).isEqualTo("the model's server sent nothing for 0 s");
    await().atMost(LIMIT).until(() -> server.open() == 0);
  }

  @Test
  void cancellingStopsTheRequestToTheServer() {
    server.on(
        "theirs-1",
        (connection, attempt) -> {
          connection.stream();
          connection.text("on and on");
          connection.stall();
        });
    StreamState created = service.create(prompt("x").setModel("ours").build());
    await().atMost(LIMIT).until(() -> server.open() == 1);
    assertThat(service.cancel(created.getId()).getStatus()).isEqualTo(StreamState.Status.CANCELLED);
    await().atMost(LIMIT).until(() -> server.open() == 0);
  }

  @Test
  void aBurstIsCutIntoDeltasThatTheLogAccepts() {
    String line = "x👩‍💻".repeat(2_000);
    server.on(
        "theirs-1",
        (connection, attempt) -> {
          connection.stream();
          for (int i = 0; i < 30; i++) {
            connection.text(line);
          }
          connection.finish("stop", 1, 1);
        });
    List<StreamEvent> events = ended(service.create(prompt("x").setModel("ours").build()));
    StringBuilder text = new StringBuilder();
    for (StreamEvent event : events) {
      if (event instanceof Delta delta) {
        assertThat(delta.text().length()).isLessThanOrEqualTo(32_768);
        text.append(delta.text());
      }
    }
    assertThat(text).hasToString(line.repeat(30));
  }

  @Test
  void aServerOffersAllItsModelsUnderTheirOwnNames() {
    server.on(
        "",
        (connection, attempt) ->
            connection.status(
                200, "", "{\"data\":[{\"id\":\"llama3.2\"},{\"id\":\"qwen3:8b\"},{\"no\":1},7]}"));
    server.on(
        "qwen3:8b",
        (connection, attempt) -> {
          connection.stream();
          connection.text("hi");
          connection.finish("stop", 1, 1);
        });
    try (AiService offering =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of("tailwater.ai.upstream", server.base().toString()))) {
      ModelList models = offering.client().models(ListModelsRequest.getDefaultInstance());
      assertThat(models.getNamesList())
          .containsExactly("llama3.2", "mock", "mock-stress", "qwen3:8b");
      assertThat(offering.create(prompt("x").build()).getModel()).isEqualTo("llama3.2");
      StreamState created = offering.create(prompt("x").setModel("qwen3:8b").build());
      assertThat(ended(created).get(1)).isEqualTo(new Delta(0, 0, "text", null, null, "hi", 1));
      assertThatThrownBy(() -> offering.create(prompt("x").setModel("gpt").build()))
          .hasMessageContaining("'gpt' is not a model here; there is: mock, mock-stress, llama3.2");
    }
  }

  @Test
  void ownModelsAreThereWhileTheServerOfOthersIsAway() {
    try (AiService alone =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of("tailwater.ai.upstream", "http://127.0.0.1:1/v1"))) {
      assertThat(alone.create(prompt("x").setModel("mock").build()).getModel()).isEqualTo("mock");
      assertThatThrownBy(() -> alone.create(prompt("x").setModel("llama3.2").build()))
          .hasMessageContaining("cannot be listed now");
    }
  }

  private static List<StreamEvent> ended(StreamState stream) {
    return await()
        .atMost(LIMIT)
        .until(
            () ->
                eventCore.events(stream.getChannel()).stream()
                    .map(event -> CODEC.read(event).orElseThrow())
                    .toList(),
            events -> events.getLast().closes());
  }
}
