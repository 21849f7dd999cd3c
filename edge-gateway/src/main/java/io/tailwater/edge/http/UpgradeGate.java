package io.tailwater.edge.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Confined to the connection's event loop: lets HTTP finish before another protocol begins on a
 * connection. A request for an upgrade waits until all requests before it are answered. What a
 * client sends right behind it belongs to the new protocol, and the HTTP decoder would take some of
 * it for requests: it stays here, undecoded, until {@link Takeover} removes this handler. If the
 * upgrade is refused, the connection ends with the answer.
 */
final class UpgradeGate extends ChannelDuplexHandler {
  private static final String NAME = "edge-upgrade-gate";
  private static final String PROTOCOL = "websocket";

  private final Queue<Object> upgrade = new ArrayDeque<>();

  /** At most the bytes of one read, since nothing is read after that. */
  private final Queue<Object> behind = new ArrayDeque<>();

  private int unanswered;
  private State state = State.HTTP;

  private enum State {
    /** No upgrade was requested. */
    HTTP,
    /** The head of an upgrade has arrived, and not its end. */
    ARRIVING,
    /** An upgrade waits for the answers to requests before it. */
    WAITING,
    /** The upgrade was passed on. */
    PASSED
  }

  private UpgradeGate() {}

  /** Adds it to a pipeline that speaks HTTP/1.1. */
  static void addTo(ChannelPipeline pipeline) {
    ChannelHandlerContext codec = pipeline.context(HttpServerCodec.class);
    if (codec != null && pipeline.get(NAME) == null) {
      pipeline.addAfter(codec.name(), NAME, new UpgradeGate());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    switch (state) {
      case HTTP -> {
        if (message instanceof HttpRequest request) {
          if (isUpgrade(request)) {
            state = State.ARRIVING;
            upgrade.add(message);
            return;
          }
          unanswered++;
        }
        context.fireChannelRead(message);
      }
      case ARRIVING -> {
        upgrade.add(message);
        if (message instanceof LastHttpContent) {
          state = State.WAITING;
          // It passes on what it has not decoded, which comes here again.
          context.pipeline().get(HttpServerCodec.class).removeInboundHandler();
          pass(context);
        }
      }
      case WAITING, PASSED -> behind.add(message);
    }
  }

  private static boolean isUpgrade(HttpRequest request) {
    return request.headers().containsValue(HttpHeaderNames.UPGRADE, PROTOCOL, true)
        && HttpUtil.getContentLength(request, 0L) == 0
        && !HttpUtil.isTransferEncodingChunked(request);
  }

  private void pass(ChannelHandlerContext context) {
    if (state == State.WAITING && unanswered == 0) {
      state = State.PASSED;
      for (Object part = upgrade.poll(); part != null; part = upgrade.poll()) {
        context.fireChannelRead(part);
      }
      context.fireChannelReadComplete();
    }
  }

  @Override
  public void read(ChannelHandlerContext context) {
    switch (state) {
      case HTTP, ARRIVING -> context.read();
      case WAITING, PASSED -> {
        // Nothing that is read could be decoded.
      }
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    HttpResponse head = message instanceof HttpResponse response ? response : null;
    boolean informs = head != null && head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    boolean last = message instanceof LastHttpContent && !informs;
    if (state != State.PASSED) {
      context.write(message, promise);
      if (last && --unanswered == 0) {
        // Not at once: the server is still at the answer.
        context.executor().execute(() -> pass(context));
      }
      return;
    }
    if (head != null && !informs) {
      head.headers().add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    ChannelPromise written = promise.unvoid();
    context.write(message, written);
    if (last) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (state == State.PASSED && !behind.isEmpty()) {
      for (Object bytes = behind.poll(); bytes != null; bytes = behind.poll()) {
        context.fireChannelRead(bytes);
      }
      context.fireChannelReadComplete();
    }
    release();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    release();
    context.fireChannelInactive();
  }

  private void release() {
    upgrade.forEach(ReferenceCountUtil::release);
    upgrade.clear();
    behind.forEach(ReferenceCountUtil::release);
    behind.clear();
  }
}
