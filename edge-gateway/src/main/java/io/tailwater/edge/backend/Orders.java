package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.Acknowledged;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.End;
import io.tailwater.contract.backend.v1.Join;
import io.tailwater.contract.backend.v1.Push;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Does to connections of this gateway what the backend asks. Any thread. */
final class Orders {
  private static final int MAX_PUSH_BYTES = 256 << 10;
  private static final long MAX_ACK_TIMEOUT_MS = 30_000;

  private final Connections connections;
  private final Function<String, Optional<Connection>> bySession;

  /**
   * @param bySession finds the connection of this gateway that has a session
   */
  Orders(Connections connections, Function<String, Optional<Connection>> bySession) {
    this.connections = connections;
    this.bySession = bySession;
  }

  /**
   * Carries out a push, join, leave or end. What became of it comes on any thread; never fails.
   *
   * @param heard gets the acknowledgements of a push; on any thread
   */
  CompletableFuture<Done> carryOut(ToGateway order, Consumer<Acknowledged> heard) {
    try {
      return switch (order.getMessageCase()) {
        case PUSH -> push(order.getPush(), heard);
        case JOIN -> join(order.getJoin());
        case LEAVE -> {
          Channel channel = Channel.parse(order.getLeave().getChannel());
          yield done(
              order.getLeave().getId(),
              one(order.getLeave().getConnection()),
              connection -> connection.leave(channel));
        }
        case END -> end(order.getEnd());
        case ANSWER, MESSAGE_NOT_SET ->
            CompletableFuture.completedFuture(Done.getDefaultInstance());
      };
    } catch (RequestException refusal) {
      return CompletableFuture.completedFuture(refused(id(order), refusal));
    }
  }

  private static long id(ToGateway order) {
    return switch (order.getMessageCase()) {
      case PUSH -> order.getPush().getId();
      case JOIN -> order.getJoin().getId();
      case LEAVE -> order.getLeave().getId();
      case END -> order.getEnd().getId();
      case ANSWER, MESSAGE_NOT_SET -> 0;
    };
  }

  private CompletableFuture<Done> push(Push push, Consumer<Acknowledged> heard) {
    String type = EventType.publishable(push.getType());
    ByteString data = push.getData();
    if (data.size() > MAX_PUSH_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE, "a push has at most " + MAX_PUSH_BYTES + " bytes");
    }
    Payload payload = Payloads.read(data, push.getEncoding(), push.getBytesAtList());
    if (payload == null) {
      throw new RequestException(
          ErrorCode.INVALID_JSON,
          "the data of a push is a JSON value, or a JSON array of arguments"
              + " with texts of base64 at each of 'bytes_at', at most "
              + Payloads.MAX_PIECES);
    }
    long timeoutMs = push.getAckTimeoutMs();
    if (timeoutMs == 0) {
      return done(push.getId(), targets(push), connection -> connection.push(type, payload));
    }
    if (timeoutMs < 0 || timeoutMs > MAX_ACK_TIMEOUT_MS || push.getId() == 0) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "a push that is to be acknowledged has an id, and at most "
              + MAX_ACK_TIMEOUT_MS
              + " ms for it");
    }
    return done(
        push.getId(),
        targets(push),
        connection ->
            connection.ask(
                type, payload, timeoutMs, new Hearing(push.getId(), connection.id(), heard)));
  }

  /** Tells the backend what came of a push to one connection. Immutable. */
  private record Hearing(long id, String connection, Consumer<Acknowledged> heard)
      implements Transport.Asks.Heard {
    @Override
    public void acknowledged(byte[] answer) {
      heard.accept(about().setData(ByteString.copyFrom(answer)).build());
    }

    @Override
    public void failed(ErrorCode why) {
      heard.accept(about().setCode(why.wire()).build());
    }

    private Acknowledged.Builder about() {
      return Acknowledged.newBuilder().setId(id).setConnection(connection);
    }
  }

  private List<Connection> targets(Push push) {
    return switch (push.getToCase()) {
      case CONNECTION -> one(push.getConnection());
      case SUBJECT ->
          push.getSubject().equals(Identity.ANONYMOUS)
              ? List.of()
              : connections.of(push.getSubject());
      case SESSION -> bySession.apply(push.getSession()).stream().toList();
      case TO_NOT_SET ->
          throw new RequestException(
              ErrorCode.INVALID_REQUEST, "a push is to a connection, a session or a subject");
    };
  }

  private CompletableFuture<Done> join(Join join) {
    Channel channel = Channel.parse(join.getChannel());
    Start start = StartText.parse(channel, "", join.getFrom());
    return done(
        join.getId(),
        one(join.getConnection()),
        connection -> {
          connection.join(channel, start);
          return true;
        });
  }

  private CompletableFuture<Done> end(End end) {
    Disconnect why = end.getReconnect() ? Disconnect.GOING_AWAY : Disconnect.FORBIDDEN;
    return done(
        end.getId(),
        one(end.getConnection()),
        connection -> {
          connection.end(why);
          return true;
        });
  }

  private List<Connection> one(String id) {
    Optional<Connection> found = connections.find(id);
    return found.map(List::of).orElseGet(List::of);
  }

  /** Does something to each of these on its loop, and counts where it was done. */
  private static CompletableFuture<Done> done(
      long id, List<Connection> targets, Predicate<Connection> deed) {
    CompletableFuture<Integer> count = CompletableFuture.completedFuture(0);
    for (Connection target : targets) {
      CompletableFuture<Integer> one = new CompletableFuture<>();
      target
          .loop()
          .execute(
              () -> {
                try {
                  one.complete(!target.closed() && deed.test(target) ? 1 : 0);
                  target.loop().flush();
                } catch (RuntimeException e) {
                  one.completeExceptionally(e);
                }
              });
      count = count.thenCombine(one, Integer::sum);
    }
    return count.handle(
        (reached, failure) ->
            failure == null
                ? Done.newBuilder().setId(id).setConnections(reached).build()
                : refused(
                    id,
                    failure.getCause() instanceof RequestException refusal
                        ? refusal
                        : new RequestException(
                            ErrorCode.INTERNAL, "this should not have happened")));
  }

  private static Done refused(long id, RequestException refusal) {
    return Done.newBuilder()
        .setId(id)
        .setCode(refusal.code().wire())
        .setMessage(refusal.text())
        .build();
  }
}
