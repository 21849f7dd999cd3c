package io.tailwater.edge.socketio;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.tailwater.edge.hop.Answer;
import java.nio.charset.StandardCharsets;

/** Why a request of Engine.IO is refused, in the codes and words that its clients know. */
enum EngineError {
  TRANSPORT_UNKNOWN(0, "Transport unknown", HttpStatus.BAD_REQUEST),
  SESSION_UNKNOWN(1, "Session ID unknown", HttpStatus.BAD_REQUEST),
  BAD_HANDSHAKE_METHOD(2, "Bad handshake method", HttpStatus.BAD_REQUEST),
  BAD_REQUEST(3, "Bad request", HttpStatus.BAD_REQUEST),
  FORBIDDEN(4, "Forbidden", HttpStatus.FORBIDDEN),
  UNSUPPORTED_PROTOCOL(5, "Unsupported protocol version", HttpStatus.BAD_REQUEST),
  /** Not one of the protocol's: clients come back whatever the code. */
  OVERLOADED(3, "The gateway has no room", HttpStatus.SERVICE_UNAVAILABLE),
  TOO_LARGE(3, "The payload is larger than maxPayload", HttpStatus.REQUEST_ENTITY_TOO_LARGE);

  private final int code;
  private final String message;
  private final HttpStatus status;

  EngineError(int code, String message, HttpStatus status) {
    this.code = code;
    this.message = message;
    this.status = status;
  }

  /** The answer. */
  HttpResponse<?> response() {
    return HttpResponse.status(status).contentType(MediaType.APPLICATION_JSON_TYPE).body(json());
  }

  /** The answer to a request that another gateway has passed on. */
  Answer answer() {
    return new Answer(
        status.getCode(), MediaType.APPLICATION_JSON, json().getBytes(StandardCharsets.UTF_8));
  }

  private String json() {
    return "{\"code\":" + code + ",\"message\":\"" + message + "\"}";
  }
}
