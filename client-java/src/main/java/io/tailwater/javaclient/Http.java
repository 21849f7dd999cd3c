package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.tailwater.javaclient.loop.Loop;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the platform, each with the token of the moment. Confined to the client's loop, on
 * which all results come.
 */
final class Http {
  private static final int MAX_BODY = 64 * 1024 * 1024;
  private static final int NO_CONTENT = 204;

  private final Loop loop;
  private final HttpClient client;
  private final URI url;
  private final Credentials credentials;
  private final long timeoutMs;

  /**
   * @param timeoutMs until the head of an answer, unless a request has its own
   */
  Http(Loop loop, HttpClient client, URI url, Credentials credentials, long timeoutMs) {
    this.loop = loop;
    this.client = client;
    this.url = url;
    this.credentials = credentials;
    this.timeoutMs = timeoutMs;
  }

  /**
   * A request.
   *
   * @param body null for none
   * @param timeoutMs until the head of the answer, 0 for the usual
   */
  record Request(String path, Map<String, String> headers, @Nullable String body, long timeoutMs) {
    static Request get(String path) {
      return new Request(path, Map.of("Accept", "application/json"), null, 0);
    }

    static Request post(String path, String contentType, String body) {
      return new Request(
          path, Map.of("Accept", "application/json", "Content-Type", contentType), body, 0);
    }

    Request with(String header, String value) {
      Map<String, String> more = new java.util.HashMap<>(headers);
      more.put(header, value);
      return new Request(path, Map.copyOf(more), body, timeoutMs);
    }

    Request timeout(long ms) {
      return new Request(path, headers, body, ms);
    }
  }

  /** A part of a URL's query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A request in flight, which can be cancelled. Confined to the loop. */
  static final class Call<T> {
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private Runnable end = () -> {};

    CompletableFuture<T> result() {
      return result;
    }

    void cancel() {
      fail(TailwaterException.lasting("aborted", "the request was cancelled"));
    }

    void fail(Throwable failure) {
      if (result.completeExceptionally(failure)) {
        end.run();
      }
    }
  }

  /**
   * The JSON of an answer of status 200 to 299, a missing node for an answer without content. What
   * has another status is thrown.
   */
  Call<JsonNode> json(Request request) {
    Call<JsonNode> whole = new Call<>();
    bytes(request, whole);
    return whole;
  }

  private void bytes(Request request, Call<JsonNode> whole) {
    Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> head = open(request);
    // An answer may stop in the middle.
    Loop.Timer late =
        loop.schedule(
            2 * timeoutOf(request),
            () -> whole.fail(TailwaterException.unavailable("the answer was cut")));
    whole.end = head::cancel;
    whole.result.whenComplete((json, failure) -> late.cancel());
    head.result.whenComplete(
        (response, failure) -> {
          if (failure != null) {
            whole.fail(failure);
          } else if (response.statusCode() == NO_CONTENT) {
            Body.discard(response.body());
            whole.result.complete(MissingNode.getInstance());
          } else {
            Body body = new Body(loop, response.body());
            whole.end = body::cancel;
            body.bytes.whenComplete(
                (bytes, cut) -> {
                  if (cut != null) {
                    whole.fail(TailwaterException.from(cut));
                  } else {
                    parse(bytes, whole);
                  }
                });
          }
        });
  }

  private static void parse(byte[] bytes, Call<JsonNode> whole) {
    try {
      whole.result.complete(Json.parse(bytes));
    } catch (TailwaterException e) {
      whole.fail(e);
    }
  }

  private long timeoutOf(Request request) {
    return request.timeoutMs == 0 ? timeoutMs : request.timeoutMs;
  }

  /** An answer of status 200 to 299 whose body its caller reads. */
  Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> open(Request request) {
    Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> call = new Call<>();
    send(request, call, false);
    return call;
  }

  private void send(
      Request request, Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> call, boolean again) {
    credentials
        .current()
        .whenComplete(
            (token, failure) -> {
              if (failure != null) {
                call.fail(failure);
              } else if (!call.result.isDone()) {
                send(request, call, again, token);
              }
            });
  }

  private void send(
      Request request,
      Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> call,
      boolean again,
      String token) {
    CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> sending =
        client.sendAsync(built(request, token), HttpResponse.BodyHandlers.ofPublisher());
    long limit = timeoutOf(request);
    Loop.Timer late =
        loop.schedule(
            limit,
            () ->
                call.fail(TailwaterException.passing("timeout", "no answer in " + limit + " ms")));
    call.end =
        () -> {
          late.cancel();
          sending.cancel(true);
        };
    sending.whenCompleteAsync(
        (response, failure) -> {
          late.cancel();
          if (call.result.isDone()) {
            if (response != null) {
              Body.discard(response.body());
            }
          } else if (failure != null) {
            call.fail(TailwaterException.from(failure));
          } else if (response.statusCode() / 100 == 2) {
            call.result.complete(response);
          } else {
            refused(request, call, again, response);
          }
        },
        loop);
  }

  private HttpRequest built(Request request, String token) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(url.resolve(request.path));
    request.headers.forEach(builder::header);
    if (!token.isEmpty()) {
      builder.header("Authorization", "Bearer " + token);
    }
    if (request.body != null) {
      builder.POST(HttpRequest.BodyPublishers.ofString(request.body));
    }
    return builder.build();
  }

  private void refused(
      Request request,
      Call<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> call,
      boolean again,
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    Body body = new Body(loop, response.body());
    Loop.Timer late = loop.schedule(timeoutMs, body::cancel);
    call.end = body::cancel;
    body.bytes.whenComplete(
        (bytes, cut) -> {
          late.cancel();
          TailwaterException problem = problem(response, bytes);
          boolean renews =
              problem.code().equals("token_expired") && !again && credentials.isRenewable();
          if (!renews || call.result.isDone()) {
            call.fail(problem);
            return;
          }
          credentials
              .renew(Tokens.Reason.EXPIRED)
              .whenComplete(
                  (token, failure) -> {
                    if (failure != null) {
                      call.fail(failure);
                    } else if (!call.result.isDone()) {
                      send(request, call, true, token);
                    }
                  });
        });
  }

  private static TailwaterException problem(HttpResponse<?> response, byte @Nullable [] body) {
    int status = response.statusCode();
    long retryMs =
        response
            .headers()
            .firstValue("Retry-After")
            .filter(value -> value.matches("\\d{1,6}"))
            .map(value -> Long.parseLong(value) * 1_000)
            .orElse(0L);
    JsonNode problem = MissingNode.getInstance();
    try {
      problem = body == null ? problem : Json.parse(body);
    } catch (TailwaterException e) {
      // Not the platform's: a proxy has answered.
    }
    if (problem.path("code").isTextual()) {
      return TailwaterException.of(problem, retryMs);
    }
    boolean passes = status >= 500 || status == 429 || status == 408;
    String message = "the server answered " + status;
    return passes
        ? TailwaterException.unavailable(message)
        : TailwaterException.lasting("http_" + status, message);
  }

  /** Measures the round trip; the result is how many milliseconds it took. */
  CompletableFuture<Long> ping(long limitMs) {
    long began = loop.now();
    Call<JsonNode> call = json(Request.get("/v1/ping").timeout(limitMs));
    return call.result.thenApply(nothing -> loop.now() - began);
  }

  /** Collects a body, up to a limit. Its result comes on the loop. */
  private static final class Body implements Flow.Subscriber<List<ByteBuffer>> {
    private final Loop loop;
    private final CompletableFuture<byte[]> bytes = new CompletableFuture<>();
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    Body(Loop loop, Flow.Publisher<List<ByteBuffer>> body) {
      this.loop = loop;
      body.subscribe(this);
    }

    /** Frees the connection of an answer that nobody wants any more. */
    static void discard(Flow.Publisher<List<ByteBuffer>> body) {
      body.subscribe(HttpResponse.BodySubscribers.discarding());
    }

    void cancel() {
      Flow.Subscription current = subscription;
      if (current != null) {
        current.cancel();
      }
      bytes.completeExceptionally(TailwaterException.unavailable("the answer was cut"));
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      loop.execute(
          () -> {
            subscription = newSubscription;
            if (bytes.isDone()) {
              newSubscription.cancel();
            } else {
              newSubscription.request(Long.MAX_VALUE);
            }
          });
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      loop.execute(
          () -> {
            for (ByteBuffer buffer : buffers) {
              byte[] piece = new byte[buffer.remaining()];
              buffer.get(piece);
              collected.writeBytes(piece);
            }
            if (collected.size() > MAX_BODY) {
              cancel();
            }
          });
    }

    @Override
    public void onError(Throwable failure) {
      loop.execute(() -> bytes.completeExceptionally(TailwaterException.from(failure)));
    }

    @Override
    public void onComplete() {
      loop.execute(() -> bytes.complete(collected.toByteArray()));
    }
  }
}
