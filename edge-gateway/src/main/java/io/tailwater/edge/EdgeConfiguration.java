package io.tailwater.edge;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.util.Base64;
import java.util.List;

/**
 * Settings of the gateway.
 *
 * @param eventCores addresses of the event-cores, {@code host:port} of their gRPC
 * @param jwtKey secret that tokens and tickets are signed with (HS256), base64url, at least 32
 *     bytes
 * @param origins web origins whose pages may use this gateway, e.g. {@code
 *     https://app.example.com}; {@code *}: any, without credentials
 * @param dev demo page and fault buttons, for the launcher only: they let anyone reset connections
 * @param devKill whether one of those buttons may end this process
 */
@ConfigurationProperties("tailwater.edge")
public record EdgeConfiguration(
    List<String> eventCores,
    String jwtKey,
    @Bindable(defaultValue = "") List<String> origins,
    @Bindable(defaultValue = "false") boolean dev,
    @Bindable(defaultValue = "false") boolean devKill) {
  private static final int MIN_KEY_BYTES = 32;

  /** Refuses values out of bounds. */
  public EdgeConfiguration {
    Bounds bounds = new Bounds("tailwater.edge");
    bounds.addresses("event-cores", eventCores, "event-core");
    bounds.require(isKey(jwtKey), "jwt-key", "not a key", "at least 32 random bytes as base64url");
  }

  private static boolean isKey(String text) {
    try {
      return Base64.getUrlDecoder().decode(text).length >= MIN_KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
