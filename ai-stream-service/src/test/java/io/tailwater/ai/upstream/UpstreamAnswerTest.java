package io.tailwater.ai.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Chunk.Ending;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.ModelException.Kind;
import io.tailwater.ai.model.Piece;
import io.tailwater.ai.model.Prompt;
import io.tailwater.embedded.FreePort;
import io.tailwater.service.Ticker;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a server that does everything wrong that a server can do. */
final class UpstreamAnswerTest {
  private static final String KEY = "sk-secret-7c1f";
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration NORMAL = Duration.ofMinutes(1);
  private static final String EMOJI = "👩‍💻";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeUpstream server = new FakeUpstream();
  private final Upstreams upstreams =
      new Upstreams(ObjectMapper.getDefault(), Ticker.system(), new Random(1), registry);

  /** After each test: whatever happened, nothing of it is left. */
  @AfterEach
  void nothingIsLeft() {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(registry.get("tailwater.ai.upstream.open").gauge().value()).isZero();
              assertThat(server.open()).isZero();
            });
    upstreams.close();
    server.close();
  }

  @Test
  void theTextOfAnAnswerWithItsUsage() throws Exception {
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          connection.delta("{\"role\":\"assistant\",\"content\":\"\"}");
          connection.raw("");
          connection.text("Hello");
          connection.chunk(": a comment\n\n".getBytes(StandardCharsets.UTF_8));
          connection.text(" world");
          connection.finish("stop", 12, 34);
        });
    Outcome outcome = read("m");
    assertThat(outcome.text()).isEqualTo("Hello world");
    assertThat(outcome.ending()).isEqualTo(Ending.STOP);
    assertThat(outcome.promptTokens()).isEqualTo(12);
    assertThat(outcome.completionTokens()).hasValue(34);
    FakeUpstream.Request request = server.requests().getFirst();
    assertThat(request.head())
        .startsWith("POST /v1/chat/completions HTTP/1.1")
        .contains("Authorization: Bearer " + KEY);
    assertThat(request.body())
        .contains("\"stream\":true")
        .contains("\"include_usage\":true")
        .contains("\"content\":\"Say hello\"");
  }

  @Test
  void aCharacterWhoseBytesComeInTwoChunksIsOne() throws Exception {
    byte[] event =
        ("data: {\"choices\":[{\"delta\":{\"content\":\"" + EMOJI + "\"}}]}\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8);
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          for (byte each : event) {
            connection.chunk(new byte[] {each});
          }
          connection.finish("stop", 1, 1);
        });
    assertThat(read("m").text()).isEqualTo(EMOJI);
    EventLines lines =
        new EventLines(
            new InputStream() {
              private final InputStream bytes = new ByteArrayInputStream(event);

              @Override
              public int read() {
                throw new AssertionError("reads several");
              }

              @Override
              public int read(byte[] to, int from, int length) throws java.io.IOException {
                return bytes.read(to, from, 1);
              }
            },
            () -> {});
    assertThat(lines.next()).contains(EMOJI);
    assertThat(lines.next()).isNull();
  }

  @Test
  void reasoningAndToolCallsAreTheirOwnParts() throws Exception {
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          connection.delta("{\"reasoning_content\":\"Let me\"}");
          connection.delta("{\"reasoning\":\" think\"}");
          connection.text("I will look.");
          connection.delta(
              "{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"look\",\"arguments\":\"\"}}]}");
          connection.delta(
              "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}");
          connection.delta(
              "{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"see\",\"arguments\":\"{}\"}}]}");
          connection.delta("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}");
          connection.finish("tool_calls", 1, 9);
        });
    Outcome outcome = read("m");
    assertThat(outcome.ending()).isEqualTo(Ending.TOOL_CALLS);
    assertThat(outcome.part(0)).isEqualTo("REASONING Let me think");
    assertThat(outcome.part(1)).isEqualTo("TEXT I will look.");
    assertThat(outcome.part(2)).isEqualTo("TOOL_CALL c1 look {\"a\":1}");
    assertThat(outcome.part(3)).isEqualTo("TOOL_CALL c2 see {}");
  }

  @ParameterizedTest
  @CsvSource({"stop,STOP", "length,LENGTH", "content_filter,CONTENT_FILTER", "whatever,STOP"})
  void itEndsAsTheServerSays(String reason, Ending ending) throws Exception {
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          connection.text("x");
          connection.finish(reason, 1, 1);
        });
    assertThat(read("m").ending()).isEqualTo(ending);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void aPassingFailureIsRepeatedTwice(int status) throws Exception {
    server.on(
        "recovers",
        (connection, attempt) -> {
          if (attempt < 2) {
            connection.status(status, "Retry-After: 0\r\n", "{\"error\":{\"message\":\"busy\"}}");
          } else {
            connection.stream();
            connection.text("at last");
            connection.finish("stop", 1, 1);
          }
        });
    server.on("fails", (connection, attempt) -> connection.status(status, "", "nonsense"));
    assertThat(read("recovers").text()).isEqualTo("at last");
    fails("fails", status == 429 ? Kind.RATE_LIMITED : Kind.FAILED, "");
    assertThat(server.asked("fails")).isEqualTo(3);
  }

  @Test
  void aServerThatWantsToBeLeftAloneForLongIsNotAskedAgain() {
    server.on("m", (connection, attempt) -> connection.status(429, "Retry-After: 60\r\n", "{}"));
    fails("m", Kind.RATE_LIMITED, "takes no more requests");
    server.on(
        "q",
        (connection, attempt) ->
            connection.status(
                429, "", "{\"error\":{\"message\":\"all used\",\"code\":\"insufficient_quota\"}}"));
    fails("q", Kind.RATE_LIMITED, "all used");
    assertThat(server.asked("m")).isEqualTo(1);
    assertThat(server.asked("q")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "400, bad field, REFUSED, bad field",
    "422, bad field, REFUSED, bad field",
    "404, no such model, FAILED, no such model",
    "401, your key " + KEY + " is wrong, FAILED, does not accept the key",
    "403, no, FAILED, does not accept the key",
    "400, the key " + KEY + " is odd, REFUSED, the key … is odd",
    "400, this model's maximum context length is 8192 tokens, TOO_LONG, maximum context length",
    "307, moved, FAILED, status 307",
  })
  void aLastingFailureIsNotRepeated(int status, String message, Kind kind, String said) {
    server.on(
        "m",
        (connection, attempt) ->
            connection.status(status, "", "{\"error\":{\"message\":\"" + message + "\"}}"));
    fails("m", kind, said);
    assertThat(server.asked("m")).isEqualTo(1);
  }

  @Test
  void aStreamThatEndsBeforeItsFirstTokenIsRepeatedAndLaterIsNot() throws Exception {
    server.on(
        "early",
        (connection, attempt) -> {
          if (attempt == 0) {
            connection.raw("HTTP/1.1 200 OK\r\nContent-Ty");
          } else {
            connection.stream();
            connection.delta("{\"role\":\"assistant\",\"content\":\"\"}");
            if (attempt == 2) {
              connection.text("third time");
              connection.finish("stop", 1, 1);
            }
          }
        });
    assertThat(read("early").text()).isEqualTo("third time");
    server.on(
        "late",
        (connection, attempt) -> {
          connection.stream();
          connection.text("half an ans");
        });
    Outcome outcome = read("late");
    assertThat(outcome.text()).isEqualTo("half an ans");
    assertThat(outcome.failed().kind()).isEqualTo(Kind.FAILED);
    assertThat(server.asked("late")).isEqualTo(1);
    server.on(
        "ended",
        (connection, attempt) -> {
          connection.stream();
          connection.text("half an ans");
          connection.end();
        });
    assertThat(read("ended").failed().text()).contains("in the middle");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "[]",
        "7",
        "null",
        "{}",
        "{\"choices\":[7]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"x\"}}",
      })
  void garbageIsAFailure(String garbage) {
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          connection.event(garbage);
          connection.finish("stop", 1, 1);
        });
    fails("m", Kind.FAILED, "not an answer");
  }

  @Test
  void bytesThatAreNotTextAndAPageInsteadOfAnAnswerAreFailures() {
    server.on(
        "bytes",
        (connection, attempt) -> {
          connection.stream();
          connection.chunk(new byte[] {'d', 'a', 't', 'a', ':', (byte) 0xFF, (byte) 0xFE, '\n'});
          connection.end();
        });
    fails("bytes", Kind.FAILED, "not UTF-8");
    server.on("page", (connection, attempt) -> connection.status(200, "", "<html>hi</html>"));
    fails("page", Kind.FAILED, "without an answer");
    server.on("http", (connection, attempt) -> connection.raw("SSH-2.0-OpenSSH_9\r\n"));
    fails("http", Kind.FAILED, "");
  }

  @Test
  void anErrorInMidStreamEndsIt() throws Exception {
    server.on(
        "m",
        (connection, attempt) -> {
          connection.stream();
          connection.text("so far");
          connection.event("{\"error\":{\"message\":\"out of memory\"}}");
          connection.end();
        });
    Outcome outcome = read("m");
    assertThat(outcome.text()).isEqualTo("so far");
    assertThat(outcome.failed().text()).isEqualTo("out of memory");
  }

  @Test
  void silenceIsATimeoutAndTheConnectionIsClosed() throws Exception {
    server.on("head", (connection, attempt) -> connection.stall());
    server.on(
        "middle",
        (connection, attempt) -> {
          connection.stream();
          connection.text("and then");
          connection.stall();
        });
    for (String model : List.of("head", "middle")) {
      Outcome outcome = read(model, Duration.ofMillis(300));
      assertThat(outcome.failed().kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(server.asked(model)).isEqualTo(1);
    }
  }

  @Test
  void aServerThatIgnoresCancellationLosesItsConnection() throws Exception {
    server.on(
        "endless",
        (connection, attempt) -> {
          connection.stream();
          while (true) {
            connection.text("on and on ");
          }
        });
    try (Answer answer = answer("endless", NORMAL)) {
      await().atMost(LIMIT).until(() -> !answer.next(Duration.ofSeconds(1)).pieces().isEmpty());
      assertThat(server.open()).isEqualTo(1);
    }
  }

  @Test
  void closingWhileItWaitsClosesTheConnection() throws Exception {
    server.on("silent", (connection, attempt) -> connection.stall());
    try (Answer answer = answer("silent", NORMAL)) {
      await().atMost(LIMIT).until(() -> server.asked("silent") == 1);
      assertThat(answer.next(Duration.ZERO).pieces()).isEmpty();
    }
  }

  @Test
  void aServerThatIsNotThereIsAFailure() {
    Upstream nowhere =
        new Upstream(URI.create("http://127.0.0.1:" + FreePort.choose() + "/v1"), "", NORMAL);
    Outcome outcome = read(upstreams.model("m", nowhere, "m").name(), nowhere);
    assertThat(outcome.failed().text()).isEqualTo("the model's server cannot be reached");
  }

  @Test
  void theBodyOfAnOpenAiClientStaysAsItCame() {
    String body =
        """
        { "model" : "ours", "n": 1, "temperature":1.10,
          "messages":[{"role":"user","content":"h\\u00e4 \ud83d\ude00"}], "stream" : false,
          "x-unknown": {"b": [1e400, null]}, "seed":12345678901234567890 }""";
    Prompt prompt =
        new Prompt(
            List.of(new Prompt.Message(Prompt.Role.USER, "x")),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            body);
    assertThat(
            new String(
                CompletionBody.of(prompt, "theirs", ObjectMapper.getDefault()),
                StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"model\":\"theirs\",\"stream\":true,\"stream_options\":{\"include_usage\":true}"
                + ",\"temperature\":1.10"
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e4 \ud83d\ude00\"}]"
                + ",\"x-unknown\": {\"b\": [1e400, null]}"
                + ",\"seed\":12345678901234567890}");
  }

  private void fails(String model, Kind kind, String said) {
    Outcome outcome = read(model, upstream(NORMAL));
    assertThat(outcome.failed().kind()).isEqualTo(kind);
    assertThat(outcome.failed().text()).contains(said).doesNotContain(KEY);
    assertThat(outcome.text()).isEmpty();
  }

  private Outcome read(String model) {
    return read(model, upstream(NORMAL));
  }

  private Outcome read(String model, Duration silence) {
    return read(model, upstream(silence));
  }

  private Upstream upstream(Duration silence) {
    return new Upstream(server.base(), KEY, silence);
  }

  private Answer answer(String model, Duration silence) throws ModelException {
    return upstreams.model(model, upstream(silence), model).answer(prompt());
  }

  private Outcome read(String model, Upstream upstream) {
    List<Piece> pieces = new ArrayList<>();
    try (Answer answer = upstreams.model(model, upstream, model).answer(prompt())) {
      Chunk chunk;
      do {
        try {
          chunk = answer.next(Duration.ofMillis(50));
        } catch (ModelException e) {
          return new Outcome(pieces, Ending.NONE, e, 0, OptionalInt.empty());
        }
        pieces.addAll(chunk.pieces());
      } while (chunk.ending() == Ending.NONE);
      return new Outcome(
          pieces, chunk.ending(), null, answer.promptTokens(), answer.completionTokens());
    } catch (ModelException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Prompt prompt() {
    return new Prompt(
        List.of(new Prompt.Message(Prompt.Role.USER, "Say hello")),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        "");
  }

  /** How an answer went. */
  private record Outcome(
      List<Piece> pieces,
      Ending ending,
      @org.jspecify.annotations.Nullable ModelException failure,
      int promptTokens,
      OptionalInt completionTokens) {
    String text() {
      StringBuilder text = new StringBuilder();
      pieces.forEach(piece -> text.append(piece.text()));
      return text.toString();
    }

    ModelException failed() {
      assertThat(failure).as("it ended with " + ending + ": " + text()).isNotNull();
      return java.util.Objects.requireNonNull(failure);
    }

    String part(int number) {
      StringBuilder part = new StringBuilder();
      for (Piece piece : pieces) {
        if (piece.part() == number) {
          if (part.isEmpty()) {
            part.append(piece.kind()).append(' ');
          }
          if (piece.call() != null) {
            part.append(piece.call().id()).append(' ').append(piece.call().name()).append(' ');
          }
          part.append(piece.text());
        }
      }
      return part.toString();
    }
  }
}
