package io.tailwater.edge.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * Confined to the connection's event loop: lets only requests with unambiguous framing through to
 * the HTTP decoder, which itself repairs what it can. It stands before the decoder. The first fault
 * ends the connection's input: a {@link Malformed} follows what was decoded before it, and is
 * answered in its turn. Requests that the gate has no room for wait here, not decoded.
 */
final class StrictFraming extends ChannelInboundHandlerAdapter {
  private static final String NAME = "edge-strict-framing";

  private final MessageFraming framing;
  private final Deadlines deadlines;
  private final BooleanSupplier upgrades;
  private final BooleanSupplier full;

  /** What has arrived and was not passed on. */
  private final Queue<ByteBuf> later = new ArrayDeque<>();

  private boolean broken;
  private boolean passing;

  private StrictFraming(
      MessageFraming framing, Deadlines deadlines, BooleanSupplier upgrades, BooleanSupplier full) {
    this.framing = framing;
    this.deadlines = deadlines;
    this.upgrades = upgrades;
    this.full = full;
  }

  /**
   * Adds it to a pipeline that speaks HTTP/1.1.
   *
   * @param upgrades whether what comes next belongs to another protocol
   * @param full whether the next request has to wait
   * @return passes on what had to wait
   */
  static Runnable addTo(
      ChannelPipeline pipeline,
      MessageFraming framing,
      Deadlines deadlines,
      BooleanSupplier upgrades,
      BooleanSupplier full) {
    ChannelHandlerContext codec = pipeline.context(HttpServerCodec.class);
    if (codec == null || pipeline.get(NAME) != null) {
      return () -> {};
    }
    StrictFraming strict = new StrictFraming(framing, deadlines, upgrades, full);
    pipeline.addBefore(codec.name(), NAME, strict);
    ChannelHandlerContext context = pipeline.context(strict);
    return () -> strict.passOn(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (broken || !(message instanceof ByteBuf bytes)) {
      ReferenceCountUtil.release(message);
      return;
    }
    later.add(bytes);
    passOn(context);
  }

  private void passOn(ChannelHandlerContext context) {
    if (passing) {
      return;
    }
    passing = true;
    try {
      while (!later.isEmpty() && !mustWait()) {
        pass(context, later.element());
      }
    } finally {
      passing = false;
    }
  }

  private boolean mustWait() {
    return !upgrades.getAsBoolean()
        && framing.part() == MessageFraming.Part.NONE
        && full.getAsBoolean();
  }

  /** Passes on the next piece of the first bytes that wait. */
  private void pass(ChannelHandlerContext context, ByteBuf bytes) {
    int read = bytes.readableBytes();
    if (!upgrades.getAsBoolean()) {
      read = framing.read(bytes);
      deadlines.arrived(read);
      String fault = framing.fault();
      if (fault != null) {
        broken = true;
        release();
        context.pipeline().context(HttpServerCodec.class).fireChannelRead(Malformed.request(fault));
        return;
      }
    }
    if (read == bytes.readableBytes()) {
      later.remove();
      context.fireChannelRead(bytes);
    } else {
      context.fireChannelRead(bytes.readRetainedSlice(read));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    release();
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    // It may be the beginning of another protocol.
    for (ByteBuf bytes = later.poll(); bytes != null; bytes = later.poll()) {
      context.fireChannelRead(bytes);
    }
  }

  private void release() {
    later.forEach(ReferenceCountUtil::release);
    later.clear();
  }
}
