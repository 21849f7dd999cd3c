package io.tailwater.edge.http;

import static io.netty.channel.ChannelFutureListener.CLOSE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.tailwater.edge.connection.InputEnd;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Confined to the connection's event loop: passes requests on one at a time, each after the answer
 * to the one before it. So a stream or an upgrade begins when everything before it is answered, and
 * what a client may make us hold is at most one read.
 *
 * <p>What a client sends right behind an upgrade belongs to the new protocol, and the HTTP decoder
 * would take some of it for requests: it stays here, undecoded, until {@link Takeover} removes this
 * handler. If the upgrade is refused, the connection ends with the answer.
 *
 * <p>The connection also ends with the answer to a request that is {@link Malformed}, and to one
 * whose body was not wanted and has not arrived. Then what the client still sends is thrown away
 * for a moment: a reset would destroy the answer on its way.
 */
final class RequestGate extends ChannelDuplexHandler {
  private static final String NAME = "edge-request-gate";
  private static final String PROTOCOL = "websocket";
  private static final int TOO_LARGE = 413;
  private static final long LINGER_MS = 2_000;

  /** A body that nobody wants is read to its end if no more than this is left of it. */
  private static final int MAX_UNWANTED_BYTES = 64 << 10;

  /** Requests that wait decoded; the HTTP codec fails when 128 are not answered. */
  private static final int MAX_WAITING = 64;

  private final MessageFraming framing;
  private final Deadlines deadlines;
  private final HttpMetrics metrics;

  /** Requests behind the one that is not answered yet: at most what one read brought. */
  private final Queue<Object> held = new ArrayDeque<>();

  /** How many requests are held. */
  private int waiting;

  /** Decodes more of what has arrived, as far as the gate has room. */
  private Runnable decodeMore = () -> {};

  /** What came behind an upgrade: at most the bytes of one read. */
  private final Queue<Object> behind = new ArrayDeque<>();

  private Upgrade upgrade = Upgrade.NONE;

  /** Whether a request was passed on that has not both arrived and been answered. */
  private boolean busy;

  // Of the last request that was passed on:
  private boolean arrived = true;

  /** Bytes of its body that are still to come; -1 if that is not known. */
  private long left;

  private boolean invited;

  /** Whether the client wants the connection to end with the answer. */
  private boolean closing;

  private boolean answering;
  private boolean answered;

  /** Whether the connection ends with the current answer. */
  private boolean last;

  /** Whether the last answer was written: nothing more is read or written. */
  private boolean over;

  private boolean lingering;

  /** Whether the client sends no more. */
  private boolean inputEnded;

  private enum Upgrade {
    NONE,
    /** The head of an upgrade has arrived, and not its end. */
    ARRIVING,
    /** An upgrade waits for the answers to requests before it. */
    WAITING,
    /** The upgrade was passed on. */
    PASSED
  }

  private RequestGate(MessageFraming framing, Deadlines deadlines, HttpMetrics metrics) {
    this.framing = framing;
    this.deadlines = deadlines;
    this.metrics = metrics;
  }

  /** Adds it to a pipeline that speaks HTTP/1.1, with {@link StrictFraming}. */
  static void addTo(
      ChannelPipeline pipeline, RequestTimes times, LongSupplier nanoTime, HttpMetrics metrics) {
    ChannelHandlerContext codec = pipeline.context(HttpServerCodec.class);
    if (codec != null && pipeline.get(NAME) == null) {
      MessageFraming framing = new MessageFraming();
      Deadlines deadlines = new Deadlines(times, nanoTime, framing);
      RequestGate gate = new RequestGate(framing, deadlines, metrics);
      pipeline.addAfter(codec.name(), NAME, gate);
      gate.decodeMore =
          StrictFraming.addTo(pipeline, framing, deadlines, gate::upgrades, gate::isFull);
    }
  }

  /** Answers a new connection that its client may not have, and ends it. */
  static void turnAway(ChannelPipeline pipeline) {
    ChannelHandlerContext gate = pipeline.context(NAME);
    if (gate != null && gate.handler() instanceof RequestGate itself) {
      Malformed tooMany = Malformed.tooMany();
      itself.metrics.ended(tooMany.reason());
      itself.over = true;
      gate.executor().execute(() -> gate.writeAndFlush(problem(tooMany)).addListener(CLOSE));
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    // Else a client that has sent everything, and still reads, would get no answer.
    context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    deadlines.lookLater(context.channel(), () -> look(context));
  }

  private void look(ChannelHandlerContext context) {
    if (context.isRemoved() || !context.channel().isOpen()) {
      return;
    }
    deadlines.lookLater(context.channel(), () -> look(context));
    boolean reading = !over && !upgrades() && held.isEmpty();
    switch (deadlines.missed(context.channel(), reading, busy)) {
      case NOTHING -> {}
      case HEAD -> channelRead(context, Malformed.slowHead());
      case BODY -> channelRead(context, Malformed.slowBody());
      case IDLE -> cut(context, HttpMetrics.Reason.IDLE);
      case UNREAD -> cut(context, HttpMetrics.Reason.UNREAD);
    }
  }

  private void cut(ChannelHandlerContext context, HttpMetrics.Reason reason) {
    metrics.ended(reason);
    over = true;
    context.close();
  }

  /** Whether an upgrade has arrived: what follows it is not HTTP. */
  private boolean upgrades() {
    return upgrade == Upgrade.WAITING || upgrade == Upgrade.PASSED;
  }

  private boolean isFull() {
    return !over && waiting >= MAX_WAITING;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (over) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (upgrades()) {
      behind.add(message);
      return;
    }
    if (message instanceof HttpRequest request && isUpgrade(request)) {
      upgrade = Upgrade.ARRIVING;
    }
    if (upgrade == Upgrade.ARRIVING || !held.isEmpty() || busy && begins(message)) {
      held.add(message);
      waiting += message instanceof HttpRequest ? 1 : 0;
      if (upgrade == Upgrade.ARRIVING && message instanceof LastHttpContent) {
        upgrade = Upgrade.WAITING;
        // It passes on what it has not decoded, which comes here again.
        context.pipeline().get(HttpServerCodec.class).removeInboundHandler();
        drain(context);
      }
    } else {
      pass(context, message);
    }
  }

  private static boolean isUpgrade(HttpRequest request) {
    return request.headers().containsValue(HttpHeaderNames.UPGRADE, PROTOCOL, true)
        && HttpUtil.getContentLength(request, 0L) == 0
        && !HttpUtil.isTransferEncodingChunked(request);
  }

  /** Whether a message belongs to the request after the one that is not answered yet. */
  private boolean begins(Object message) {
    return arrived && (message instanceof HttpRequest || message instanceof Malformed);
  }

  private void pass(ChannelHandlerContext context, Object message) {
    switch (message) {
      case Malformed malformed -> refuse(context, malformed);
      case HttpRequest request -> {
        busy = true;
        answering = false;
        answered = false;
        invited = HttpUtil.is100ContinueExpected(request);
        closing = !HttpUtil.isKeepAlive(request);
        last = request.decoderResult().isFailure();
        arrived = last || message instanceof LastHttpContent;
        left = length(request);
        context.fireChannelRead(message);
      }
      case HttpContent content when content.decoderResult().isFailure() -> {
        content.release();
        refuse(context, Malformed.request("the body of this request cannot be read"));
      }
      case HttpContent part -> {
        left = left < 0 ? left : left - part.content().readableBytes();
        boolean end = part instanceof LastHttpContent;
        arrived |= end;
        context.fireChannelRead(part);
        if (end && busy && answered) {
          finish(context);
        }
      }
      default -> context.fireChannelRead(message);
    }
  }

  /** Passes on what was held, up to the next request that has to wait. */
  private void drain(ChannelHandlerContext context) {
    boolean passed = false;
    while (!over && !held.isEmpty() && !(busy && begins(held.element()))) {
      if (waiting == 1) {
        // Before the last one goes: whether something follows decides how it is answered.
        decodeMore.run();
      }
      if (upgrade == Upgrade.WAITING && held.element() instanceof HttpRequest request) {
        upgrade = isUpgrade(request) ? Upgrade.PASSED : upgrade;
      }
      Object next = held.remove();
      waiting -= next instanceof HttpRequest ? 1 : 0;
      pass(context, next);
      passed = true;
    }
    if (passed) {
      // What was held back had no time limit meanwhile.
      deadlines.restart();
      context.fireChannelReadComplete();
    }
    endInput(context);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      InputEnd.reached(context.channel());
      endInput(context);
    }
    context.fireUserEventTriggered(event);
  }

  /** The connection ends when everything that has arrived is answered. */
  private void endInput(ChannelHandlerContext context) {
    if (!inputEnded || upgrades()) {
      return;
    }
    if (over || !busy && held.isEmpty()) {
      // Behind answers that are still being written.
      context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> context.close());
    } else if (!arrived && held.isEmpty()) {
      refuse(context, Malformed.request("the connection ended in the middle of the request"));
    }
  }

  @Override
  public void read(ChannelHandlerContext context) {
    if (inputEnded || InputEnd.isReached(context.channel())) {
      // There is nothing to read, and Netty's epoll transport would close the connection.
      return;
    }
    // Nothing that is read behind an upgrade could be decoded.
    if (over || !upgrades() && held.isEmpty()) {
      context.read();
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (over) {
      ReferenceCountUtil.release(message);
      promise.trySuccess();
      return;
    }
    HttpResponse head = message instanceof HttpResponse response ? response : null;
    if (head != null && head.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      invited = false;
      context.write(message, promise);
      return;
    }
    if (head != null) {
      begin(head);
    }
    if (!(message instanceof LastHttpContent)) {
      context.write(message, promise);
      return;
    }
    answered = true;
    if (last) {
      ChannelPromise written = promise.unvoid();
      over = true;
      context.write(message, written);
      end(context, written);
    } else {
      context.write(message, promise);
      if (arrived) {
        finish(context);
      }
    }
  }

  private void begin(HttpResponse head) {
    answering = true;
    // Closed at once, a connection with bytes that nobody has read would take the answer with it.
    boolean unwanted = !arrived && (invited || closing || isLong(left));
    boolean nothingFollows = inputEnded && held.isEmpty();
    if (unwanted
        || nothingFollows
        || upgrade == Upgrade.PASSED
        || head.status().code() == TOO_LARGE) {
      last = true;
    }
    if (last) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private static long length(HttpRequest request) {
    return HttpUtil.isTransferEncodingChunked(request)
        ? -1
        : request.decoderResult().isFailure() ? 0 : HttpUtil.getContentLength(request, 0L);
  }

  private static boolean isLong(long bytes) {
    return bytes < 0 || bytes > MAX_UNWANTED_BYTES;
  }

  private void finish(ChannelHandlerContext context) {
    busy = false;
    if (framing.part() == MessageFraming.Part.NONE) {
      deadlines.restart();
    }
    if (!held.isEmpty() || inputEnded) {
      // Not at once: the server is still at the answer.
      context.executor().execute(() -> drain(context));
    }
  }

  /** Answers a request that cannot be read to its end, and everything behind it. */
  private void refuse(ChannelHandlerContext context, Malformed malformed) {
    metrics.ended(malformed.reason());
    over = true;
    if (busy && answering) {
      // Too late for another answer.
      context.close();
      return;
    }
    ChannelPromise written = context.newPromise();
    context.writeAndFlush(problem(malformed), written);
    end(context, written);
  }

  private static FullHttpResponse problem(Malformed malformed) {
    ByteBuf body =
        Unpooled.copiedBuffer(
            Problems.json(malformed.code(), malformed.status(), malformed.why()),
            StandardCharsets.UTF_8);
    FullHttpResponse answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(malformed.status()), body);
    answer
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, Problems.TYPE)
        .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    if (malformed.code().retry()) {
      answer.headers().set(HttpHeaderNames.RETRY_AFTER, Problems.RETRY_AFTER_SECONDS);
    }
    return answer;
  }

  private void end(ChannelHandlerContext context, ChannelPromise written) {
    DuplexChannel netty =
        context.channel() instanceof DuplexChannel duplex
                && context.pipeline().get(SslHandler.class) == null
            ? duplex
            : null;
    if (netty == null) {
      written.addListener(CLOSE);
      return;
    }
    lingering = true;
    written.addListener(
        done -> {
          netty.shutdownOutput();
          if (inputEnded) {
            context.close();
            return;
          }
          netty.config().setAutoRead(true);
          netty.eventLoop().schedule(() -> context.close(), LINGER_MS, TimeUnit.MILLISECONDS);
        });
  }

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (lingering) {
      context.channel().closeFuture().addListener(closed -> promise.trySuccess());
    } else {
      context.close(promise);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    deadlines.cancel();
    if (upgrade == Upgrade.PASSED && !behind.isEmpty()) {
      for (Object bytes = behind.poll(); bytes != null; bytes = behind.poll()) {
        context.fireChannelRead(bytes);
      }
      context.fireChannelReadComplete();
    }
    release();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    deadlines.cancel();
    release();
    context.fireChannelInactive();
  }

  private void release() {
    held.forEach(ReferenceCountUtil::release);
    held.clear();
    waiting = 0;
    behind.forEach(ReferenceCountUtil::release);
    behind.clear();
  }
}
