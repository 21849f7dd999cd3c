package io.tailwater.edge.poll;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.edge.connection.Collector;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.log.WireFormat;
import java.util.concurrent.CompletableFuture;

/** Confined to the connection's event loop: a poll's answer as JSON, completed once. */
final class PollAnswer implements Collector.Answer {
  private final CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();

  /** Completed with the answer. Any thread. */
  CompletableFuture<HttpResponse<?>> response() {
    return response;
  }

  @Override
  public WireFormat<EventBytes> events() {
    return PollFormat.JSON;
  }

  @Override
  public void separate(ByteBuf out) {
    out.writeByte(',');
  }

  @Override
  public void refuse(RequestException refusal) {
    response.completeExceptionally(refusal);
  }

  @Override
  public void complete(Collector.Collected collected) {
    ByteBuf body = Unpooled.buffer(collected.events().readableBytes() + 256);
    JsonText.object(
        body,
        json -> {
          if (!collected.states().isEmpty() || collected.more()) {
            json.writeArrayFieldStart("state");
            for (String block : collected.states()) {
              json.writeRawValue(block);
            }
            json.writeEndArray();
            json.writeBooleanField("more", collected.more());
          }
          json.writeFieldName("events");
          JsonText.arrayOf(collected.events(), json, body);
          json.writeStringField("next", collected.position());
          json.writeBooleanField("live", collected.live());
          json.writeArrayFieldStart("resets");
          for (String reset : collected.resets()) {
            json.writeRawValue(reset);
          }
          json.writeEndArray();
          json.writeArrayFieldStart("ended");
          for (Scope channel : collected.ended()) {
            json.writeString(channel.toString());
          }
          json.writeEndArray();
        });
    response.complete(
        HttpResponse.ok(ByteBufUtil.getBytes(body)).contentType(MediaType.APPLICATION_JSON_TYPE));
  }
}
