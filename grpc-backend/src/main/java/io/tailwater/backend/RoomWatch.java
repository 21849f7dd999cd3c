package io.tailwater.backend;

import io.grpc.stub.ServerCallStreamObserver;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.Encoding;
import io.tailwater.contract.backend.v1.Failure;
import io.tailwater.contract.backend.v1.RoomMessage;
import io.tailwater.contract.backend.v1.WatchRequest;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Confined to a virtual thread of its own: one caller that watches a room. It is a cursor over the
 * channel: it reads pages, and waits for the partition to move on. While the caller does not read,
 * nothing is read for it.
 */
final class RoomWatch implements Runnable {
  private static final int MAX_EVENTS = 100;
  private static final int WAIT_MS = 10_000;

  private final ChannelLog log;
  private final Channel channel;
  private final String after;
  private final ServerCallStreamObserver<RoomMessage> watcher;
  private final BlockingQueue<Boolean> ready = new ArrayBlockingQueue<>(1);

  private RoomWatch(
      ChannelLog log,
      Channel channel,
      String after,
      ServerCallStreamObserver<RoomMessage> watcher) {
    this.log = log;
    this.channel = channel;
    this.after = after;
    this.watcher = watcher;
  }

  /**
   * Prepares a watch; it is to be run by a thread of its own.
   *
   * @throws RequestException {@code invalid_channel}
   */
  static RoomWatch of(
      ChannelLog log, WatchRequest request, ServerCallStreamObserver<RoomMessage> watcher) {
    RoomWatch watch =
        new RoomWatch(log, Channel.parse(request.getRoom()), request.getAfter(), watcher);
    watcher.setOnCancelHandler(() -> watch.ready.offer(true));
    watcher.setOnReadyHandler(() -> watch.ready.offer(true));
    return watch;
  }

  @Override
  public void run() {
    try {
      Position at = begin();
      while (!watcher.isCancelled()) {
        ReadPage page = log.read(after(at)).join();
        if (page.getReset() != ReadPage.Reset.NONE) {
          throw new RequestException(
              ErrorCode.INVALID_POSITION, "this position is not available any more");
        }
        for (Event event : page.getEventsList()) {
          awaitReady();
          watcher.onNext(message(page.getEpoch(), event));
        }
        at = at.toBuilder().setOffset(page.getThrough()).build();
        if (page.getThrough() >= page.getHead()) {
          log.follow(next(page)).join();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      if (!watcher.isCancelled()) {
        Failure why = CallFailure.read(e);
        watcher.onError(
            RefusedCall.of(
                new RequestException(ErrorCode.ofWire(why.getCode()), why.getMessage())));
      }
    }
  }

  private Position begin() {
    if (!after.isEmpty()) {
      io.tailwater.contract.Position given = io.tailwater.contract.Position.parse(after);
      return position(given.epoch().text(), given.offset());
    }
    ReadPage page =
        log.read(
                ReadRequest.newBuilder()
                    .setChannel(channel.toString())
                    .setLatest(Latest.getDefaultInstance())
                    .build())
            .join();
    return position(page.getEpoch(), page.getHead());
  }

  private static Position position(String epoch, long offset) {
    return Position.newBuilder().setEpoch(epoch).setOffset(offset).build();
  }

  private ReadRequest after(Position at) {
    return ReadRequest.newBuilder()
        .setChannel(channel.toString())
        .setAfter(at)
        .setLimit(MAX_EVENTS)
        .setAtLeast(at.getOffset())
        .setAtLeastEpoch(at.getEpoch())
        .build();
  }

  private FollowRequest next(ReadPage page) {
    return FollowRequest.newBuilder()
        .setNamespace(channel.namespace())
        .setEpoch(page.getEpoch())
        .setPartition(page.getPartition())
        .setAfter(page.getThrough())
        .setWaitMs(WAIT_MS)
        .build();
  }

  private void awaitReady() throws InterruptedException {
    while (!watcher.isReady() && !watcher.isCancelled()) {
      ready.poll(1, TimeUnit.SECONDS);
    }
  }

  private static RoomMessage message(String epoch, Event event) {
    return RoomMessage.newBuilder()
        .setId(epoch + "-" + event.getOffset())
        .setType(event.getType())
        .setBy(event.getBy())
        .setTsMs(event.getTsMs())
        .setData(event.getData())
        .setEncoding(
            event.getKind() == DataKind.BYTES ? Encoding.ENCODING_BYTES : Encoding.ENCODING_JSON)
        .setRedacted(event.getRedacted())
        .build();
  }
}
