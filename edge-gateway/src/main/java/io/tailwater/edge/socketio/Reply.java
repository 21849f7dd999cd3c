package io.tailwater.edge.socketio;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.tailwater.contract.Conflict;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Error;
import io.tailwater.edge.backend.CallOutcome;
import io.tailwater.edge.connection.ConflictJson;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.MessageJson;
import io.tailwater.edge.connection.Payload;

/**
 * Answers one event of a client, once: by an acknowledgement, if the client wants one. Confined to
 * the connection's event loop.
 *
 * @param event the event's name
 * @param id of the acknowledgement; {@link SocketPacket#NO_ID} if the client wants none
 */
record Reply(SocketTransport transport, String event, long id) {
  /** It is done. */
  void done(Message result) {
    acknowledge(Payload.json(ByteString.copyFromUtf8(MessageJson.text(result))));
  }

  /** What became of a call. */
  void outcome(CallOutcome outcome) {
    switch (outcome) {
      case CallOutcome.Answered(Payload result) -> acknowledge(result);
      case CallOutcome.Failed failed ->
          fail(
              Error.newBuilder()
                  .setCode(failed.code())
                  .setMessage(failed.message())
                  .setRetry(failed.retry())
                  .setDetails(ByteString.copyFromUtf8(failed.details()))
                  .build());
    }
  }

  /** It is refused. */
  void refuse(RequestException refusal) {
    Error.Builder error =
        Error.newBuilder()
            .setCode(refusal.code().wire())
            .setMessage(refusal.text())
            .setRetry(refusal.code().retry());
    Conflict conflict = refusal.conflict();
    if (conflict != null) {
      error
          .setReason(conflict.reason())
          .setCurrent(ByteString.copyFromUtf8(ConflictJson.current(conflict)));
    }
    fail(error.build());
  }

  /** A client that wants no acknowledgement is told by an event. */
  private void fail(Error error) {
    String json = MessageJson.text(error);
    if (id == SocketPacket.NO_ID) {
      transport.emit(
          "tw.error", "{\"event\":" + EventJson.quoted(event) + ",\"error\":" + json + "}");
    } else {
      acknowledge(Payload.json(ByteString.copyFromUtf8("{\"error\":" + json + "}")));
    }
  }

  private void acknowledge(Payload payload) {
    if (id != SocketPacket.NO_ID) {
      transport.acknowledge(id, payload);
    }
  }
}
