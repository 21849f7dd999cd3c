package io.tailwater.edge.poll;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.Channel;
import io.tailwater.edge.connection.Collector;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.WireFormat;
import java.util.Map;
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
  public void complete(Collector.Collected collected) {
    ByteBuf body = Unpooled.buffer(collected.events().readableBytes() + 256);
    write("{\"events\":[", body);
    body.writeBytes(collected.events());
    write("],\"next\":\"" + collected.position() + "\",\"live\":" + collected.live(), body);
    write(",\"resets\":[", body);
    String separator = "";
    for (Map.Entry<Channel, Missed> reset : collected.resets().entrySet()) {
      write(separator + "{\"channel\":", body);
      EventJson.writeString(reset.getKey().toString(), body);
      write(",\"reason\":\"" + reset.getValue().reason().wire(), body);
      write("\",\"earliest\":\"" + reset.getValue().earliest() + "\"}", body);
      separator = ",";
    }
    write("],\"ended\":[", body);
    separator = "";
    for (Channel channel : collected.ended()) {
      write(separator, body);
      EventJson.writeString(channel.toString(), body);
      separator = ",";
    }
    write("]}", body);
    response.complete(
        HttpResponse.ok(ByteBufUtil.getBytes(body)).contentType(MediaType.APPLICATION_JSON_TYPE));
  }

  private static void write(String text, ByteBuf out) {
    ByteBufUtil.writeAscii(out, text);
  }
}
