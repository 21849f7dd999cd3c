package io.tailwater.edge.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.SignedJWT;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A public key of an issuer. It verifies with the algorithms of its own type alone, so that nobody
 * can have it taken for a secret. Immutable.
 *
 * @param id the key's {@code kid}; null without one
 * @param algorithms what it verifies
 */
record IssuerKey(@Nullable String id, Set<JWSAlgorithm> algorithms, JWSVerifier verifier) {
  private static final int MIN_RSA_BITS = 2_048;

  /** Larger ones take too long to verify. */
  private static final int MAX_RSA_BITS = 8_192;

  /** Reads a key; null if it is not one that verifies tokens here. */
  static @Nullable IssuerKey of(JWK key) throws JOSEException {
    boolean verifies =
        (key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
            && (key.getKeyOperations() == null
                || key.getKeyOperations().isEmpty()
                || key.getKeyOperations().contains(KeyOperation.VERIFY));
    if (!verifies) {
      return null;
    }
    return switch (key) {
      case RSAKey rsa when rsa.size() >= MIN_RSA_BITS && rsa.size() <= MAX_RSA_BITS ->
          of(
              key,
              Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256),
              new RSASSAVerifier(rsa.toRSAPublicKey()));
      case ECKey ec when Curve.P_256.equals(ec.getCurve()) ->
          of(key, Set.of(JWSAlgorithm.ES256), new ECDSAVerifier(ec.toECPublicKey()));
      case OctetKeyPair pair when Curve.Ed25519.equals(pair.getCurve()) ->
          of(key, Set.of(JWSAlgorithm.EdDSA), new EdwardsVerifier(pair.getDecodedX()));
      default -> null;
    };
  }

  private static @Nullable IssuerKey of(JWK key, Set<JWSAlgorithm> ofType, JWSVerifier verifier) {
    if (key.getAlgorithm() == null) {
      return new IssuerKey(key.getKeyID(), ofType, verifier);
    }
    JWSAlgorithm only = JWSAlgorithm.parse(key.getAlgorithm().getName());
    return ofType.contains(only) ? new IssuerKey(key.getKeyID(), Set.of(only), verifier) : null;
  }

  /** Whether a token may be signed with it. */
  boolean mayHaveSigned(@Nullable String keyId) {
    return id == null || keyId == null || id.equals(keyId);
  }

  boolean verifies(SignedJWT token) throws JOSEException {
    return algorithms.contains(token.getHeader().getAlgorithm()) && token.verify(verifier);
  }
}
