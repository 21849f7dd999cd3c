package io.tailwater.edge.ai;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Turns the idempotency keys of clients into keys that nobody can guess, since the ids of streams
 * are derived from them. They are hashes with the secret that all gateways share, so every gateway
 * makes the same one. Any thread.
 */
public final class StreamKeys {
  private static final String ALGORITHM = "HmacSHA256";

  /** Keeps these hashes apart from signatures of tokens with the same secret. */
  private static final String PURPOSE = "tailwater-ai-stream/";

  private static final String CHAT_PURPOSE = "tailwater-ai-chat/";

  private static final String REQUEST_PURPOSE = "tailwater-ai-request/";

  /** Below this length, others without a token may well use the same key. */
  private static final int MIN_ANONYMOUS = 16;

  private final SecretKeySpec secret;

  /**
   * @param jwtKey the secret, base64url
   */
  StreamKeys(String jwtKey) {
    secret = new SecretKeySpec(Base64.getUrlDecoder().decode(jwtKey), ALGORITHM);
  }

  /**
   * The key for the service.
   *
   * <p>A subject has its own keys. Clients without a token have no subject that tells them apart,
   * so for them the key itself is the secret that only its owner knows.
   *
   * @param key of the client; empty for none
   * @throws RequestException {@code invalid_request}
   */
  public String of(Identity identity, String key) {
    if (key.isEmpty()) {
      return "";
    }
    if (!Channel.isKey(key)) {
      throw invalid("an Idempotency-Key is 1 to 255 bytes of UTF-8 without control characters");
    }
    if (identity.anonymous() && key.length() < MIN_ANONYMOUS) {
      throw invalid(
          "without a token, an Idempotency-Key has at least "
              + MIN_ANONYMOUS
              + " characters, so that nobody else has the same; for instance a random UUID");
    }
    return hash((PURPOSE + creator(identity, "") + key).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The name of a caller's chat. Chats of different subjects have different names; clients without
   * a token have no subject, so for them the id itself is the secret.
   *
   * @param chatId of the client
   * @throws RequestException {@code invalid_request}
   */
  public String chat(Identity identity, String chatId) {
    if (identity.anonymous() && chatId.length() < MIN_ANONYMOUS) {
      throw invalid(
          "without a token, the id of a chat has at least "
              + MIN_ANONYMOUS
              + " characters, so that nobody else has the same; for instance a random UUID");
    }
    return hash((CHAT_PURPOSE + creator(identity, "") + chatId).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A key for a request about something that has an unguessable name.
   *
   * @param name as {@link #chat} makes it
   * @param request what tells requests apart
   */
  public String request(String name, String request) {
    return hash((CHAT_PURPOSE + name + "/" + request).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A name for a request without a key, by which a repetition of it is known.
   *
   * @param body of the request
   */
  public String nameOf(Identity identity, byte[] body) {
    byte[] creator =
        (REQUEST_PURPOSE + creator(identity, identity.address())).getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(creator, creator.length + body.length);
    System.arraycopy(body, 0, whole, creator.length, body.length);
    return hash(whole);
  }

  /** The length keeps subject "a" with key "bc" apart from "ab" with "c". */
  private static String creator(Identity identity, String address) {
    String subject = identity.subject();
    return identity.anonymous()
        ? "anonymous/" + address + "/"
        : "subject/" + subject.length() + "/" + subject + "/";
  }

  private String hash(byte[] text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(text));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java platform has " + ALGORITHM, e);
    }
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
