package io.tailwater.edge.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.tailwater.edge.access.Origins;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Confined to the connection's event loop: puts the headers of the contract on every answer. It
 * stands right behind the HTTP codec, so that also an answer to a request that is refused before it
 * is routed can be read by pages of other origins.
 */
final class AnswerHeaders extends ChannelDuplexHandler {
  /** What every answer has, that of an event stream too. */
  static final Map<String, String> COMMON =
      Map.of(
          "Cache-Control", "no-store, no-transform",
          "X-Accel-Buffering", "no",
          "Vary", "Accept, Origin",
          // Events are what publishers sent: a browser must not take them for a page.
          "X-Content-Type-Options", "nosniff",
          "Content-Security-Policy", "frame-ancestors 'self'");

  private static final String NAME = "edge-answer-headers";
  private static final String PREFLIGHT_VARY = "Origin, Access-Control-Request-Headers";

  private final Origins origins;

  /**
   * For each request that is not answered yet, the headers of its answer. Requests come here as
   * long as the server reads: at most those of one read beyond what it works on.
   */
  private final Queue<Map<String, String>> due = new ArrayDeque<>();

  private AnswerHeaders(Origins origins) {
    this.origins = origins;
  }

  /** Adds it to a pipeline that speaks HTTP/1.1. */
  static void addTo(ChannelPipeline pipeline, Origins origins) {
    ChannelHandlerContext codec = pipeline.context(HttpServerCodec.class);
    if (codec != null && pipeline.get(NAME) == null) {
      pipeline.addAfter(codec.name(), NAME, new AnswerHeaders(origins));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      due.add(arrived(request));
    }
    context.fireChannelRead(message);
  }

  private Map<String, String> arrived(HttpRequest request) {
    if (Preflights.isPreflight(request)) {
      Preflights.redirect(request);
      return preflight(request.headers());
    }
    HeadBounds.judge(request);
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    return origin == null && request.decoderResult().isFailure()
        ? origins.headersForUnknown()
        : origins.headers(origin);
  }

  private Map<String, String> preflight(HttpHeaders request) {
    Map<String, String> headers =
        new LinkedHashMap<>(
            origins.preflight(
                request.get(HttpHeaderNames.ORIGIN),
                String.join(", ", request.getAll(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS))));
    headers.put("Vary", PREFLIGHT_VARY);
    return headers;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    HttpResponse head = message instanceof HttpResponse response ? response : null;
    boolean informs = head != null && head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (head != null && !informs) {
      addTo(head.headers());
    }
    if (message instanceof LastHttpContent && !informs) {
      due.poll();
    }
    context.write(message, promise);
  }

  private void addTo(HttpHeaders answer) {
    Map<String, String> own = due.peek();
    COMMON.forEach(
        (name, value) -> {
          if (!answer.contains(name)) {
            answer.set(name, value);
          }
        });
    // What any page may read says so itself.
    if (!answer.contains(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN)) {
      (own == null ? origins.headersForUnknown() : own).forEach(answer::set);
    }
  }
}
