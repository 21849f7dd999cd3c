package io.tailwater.edge.sse;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.netty.channel.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.Cursor;
import io.tailwater.edge.StreamTransport;
import io.tailwater.edge.Transport;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/** Event streams, for whoever accepts {@code text/event-stream} or does not say. */
@Singleton
final class SseStreams implements StreamTransport {
  private static final String TYPE = "text/event-stream";

  @Override
  public List<String> mediaTypes() {
    return List.of(TYPE, "*/*", "text/*");
  }

  @Override
  public Map<String, String> headers() {
    return Map.of("Content-Type", TYPE);
  }

  @Override
  public Transport transport(
      Channel connection, List<Cursor> cursors, boolean several, boolean envelope) {
    return new SseTransport(connection, cursors, several, envelope);
  }

  @Override
  public MutableHttpResponse<?> comeBack(ErrorCode code, String position) {
    return HttpResponse.ok(SseTransport.retryBlock(code, position)).header("Content-Type", TYPE);
  }
}
