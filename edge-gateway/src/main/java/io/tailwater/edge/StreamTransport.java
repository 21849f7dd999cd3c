package io.tailwater.edge;

import io.micronaut.http.MutableHttpResponse;
import io.netty.channel.Channel;
import io.tailwater.contract.ErrorCode;
import java.util.List;
import java.util.Map;

/**
 * A transport that answers {@code GET /v1/events} with a stream. Each lies in a package of its own.
 */
public interface StreamTransport {
  /** The media types in a request's {@code Accept} that ask for it. */
  List<String> mediaTypes();

  /** What its response says besides what every stream says. */
  Map<String, String> headers();

  /**
   * The transport of a connection that was accepted; on its event loop.
   *
   * @param cursors the session's cursors, which are added before anything is written
   * @param several whether it has more than one channel
   * @param envelope whether events are to come whole
   */
  Transport transport(Channel connection, List<Cursor> cursors, boolean several, boolean envelope);

  /**
   * The answer to what fails for a passing reason, so that the client comes back.
   *
   * @param position what the client came with and is to come back with; empty for none
   */
  MutableHttpResponse<?> comeBack(ErrorCode code, String position);
}
