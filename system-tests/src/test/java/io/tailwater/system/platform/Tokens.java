package io.tailwater.system.platform;

import io.tailwater.system.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Makes JWTs as an application that embeds Tailwater would: HS256, by hand. */
public final class Tokens {
  /** The key that platforms of these tests are configured with: 32 bytes. */
  public static final String KEY =
      encoded("a key that is known to everybody".getBytes(StandardCharsets.UTF_8));

  private Tokens() {}

  /** A token for an hour. */
  public static String token(String subject, List<String> subscribe, List<String> publish) {
    return token(subject, subscribe, publish, Instant.now().plusSeconds(3600));
  }

  /** A token for an hour that may call these methods. */
  public static String caller(String subject, List<String> call) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", subject);
    claims.put("exp", Instant.now().plusSeconds(3600).getEpochSecond());
    claims.put("tw", Map.of("call", call));
    return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, KEY);
  }

  /** A token for an hour that may read and publish to these channels, and call these methods. */
  public static String member(String subject, List<String> channels, List<String> call) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", subject);
    claims.put("exp", Instant.now().plusSeconds(3600).getEpochSecond());
    claims.put("tw", Map.of("subscribe", channels, "publish", channels, "call", call));
    return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, KEY);
  }

  /**
   * A token for an hour that says when it was issued.
   *
   * @param id its {@code jti}; empty for none
   */
  public static String issued(String subject, String id, Instant at, List<String> subscribe) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", subject);
    claims.put("iat", at.getEpochSecond());
    claims.put("exp", at.plusSeconds(3600).getEpochSecond());
    if (!id.isEmpty()) {
      claims.put("jti", id);
    }
    claims.put("tw", Map.of("subscribe", subscribe, "publish", List.of()));
    return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, KEY);
  }

  public static String token(
      String subject, List<String> subscribe, List<String> publish, Instant expires) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", subject);
    claims.put("exp", expires.getEpochSecond());
    claims.put("tw", Map.of("subscribe", subscribe, "publish", publish));
    return signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, KEY);
  }

  /** A token of any content, signed with any key. */
  public static String signed(String header, Map<String, Object> claims, String key) {
    String content =
        encoded(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + encoded(Json.write(claims).getBytes(StandardCharsets.UTF_8));
    return content + "." + encoded(hmac(content, key));
  }

  private static byte[] hmac(String content, String key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getUrlDecoder().decode(key), "HmacSHA256"));
      return mac.doFinal(content.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java platform has HmacSHA256", e);
    }
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
