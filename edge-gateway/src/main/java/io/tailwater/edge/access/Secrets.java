package io.tailwater.edge.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secrets of tokens and tickets (HS256). The first signs, all verify, so that a new secret can
 * be put before the old one. Immutable.
 */
public final class Secrets {
  private static final int MIN_BYTES = 32;
  private static final String HMAC = "HmacSHA256";

  /** As many as the ids have that are sealed. */
  private static final int SEAL_BYTES = 16;

  private final MACSigner signer;
  private final List<MACVerifier> verifiers = new ArrayList<>();
  private final List<SecretKeySpec> sealing = new ArrayList<>();

  /**
   * @param keys at least one, each base64url of at least 32 bytes
   */
  public Secrets(List<String> keys) {
    try {
      signer = new MACSigner(Base64.getUrlDecoder().decode(keys.getFirst()));
      for (String key : keys) {
        verifiers.add(new MACVerifier(Base64.getUrlDecoder().decode(key)));
        sealing.add(new SecretKeySpec(Base64.getUrlDecoder().decode(key), HMAC));
      }
    } catch (JOSEException e) {
      throw new IllegalArgumentException("a key has at least 32 bytes", e);
    }
  }

  /** Whether a text is base64url of at least 32 bytes. */
  public static boolean isKey(String text) {
    try {
      return Base64.getUrlDecoder().decode(text).length >= MIN_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether a token says that it is signed with a secret. */
  static boolean isTheirs(SignedJWT jwt) {
    return jwt.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256);
  }

  boolean verify(SignedJWT jwt) throws JOSEException {
    if (!isTheirs(jwt)) {
      return false;
    }
    for (MACVerifier verifier : verifiers) {
      if (jwt.verify(verifier)) {
        return true;
      }
    }
    return false;
  }

  String sign(JWTClaimsSet claims) {
    SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    try {
      jwt.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException("a ticket could not be signed", e);
    }
    return jwt.serialize();
  }

  /**
   * A short proof that the platform has made a text.
   *
   * @param text has a line break, so that it is never what a token's signature is about
   */
  public String seal(String text) {
    return seal(text, sealing.getFirst());
  }

  /** Whether this is the seal of the text, by any of the secrets. */
  public boolean isSealed(String text, String seal) {
    byte[] shown = seal.getBytes(StandardCharsets.US_ASCII);
    return sealing.stream()
        .anyMatch(
            key ->
                MessageDigest.isEqual(shown, seal(text, key).getBytes(StandardCharsets.US_ASCII)));
  }

  private static String seal(String text, SecretKeySpec key) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(key);
      byte[] whole = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Arrays.copyOf(whole, SEAL_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has " + HMAC, e);
    }
  }
}
