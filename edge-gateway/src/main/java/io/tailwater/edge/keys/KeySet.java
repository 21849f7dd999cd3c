package io.tailwater.edge.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one source at one time. Immutable.
 *
 * @param text as it was read
 * @param keys at least one
 * @param readNanos when it was read, on the clock of {@link IssuerKeys}
 */
record KeySet(String text, List<IssuerKey> keys, long readNanos) {
  private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);
  private static final int MAX_KEYS = 100;

  /**
   * Reads a JSON Web Key Set. Keys that are of no use here are left out.
   *
   * @throws IOException if it is not one, or has no key that is of use
   */
  static KeySet parse(String text, long readNanos) throws IOException {
    List<IssuerKey> keys = new ArrayList<>();
    for (Object entry : entries(text)) {
      if (keys.size() == MAX_KEYS) {
        LOG.warn("a key set has more than {} keys: the others are left out", MAX_KEYS);
        break;
      }
      if (entry instanceof Map<?, ?> fields) {
        add(fields, keys);
      }
    }
    if (keys.isEmpty()) {
      throw new IOException("it has no key for RS256, PS256, ES256 or EdDSA");
    }
    return new KeySet(text, List.copyOf(keys), readNanos);
  }

  private static List<?> entries(String text) throws IOException {
    try {
      if (JSONObjectUtils.parse(text).get("keys") instanceof List<?> entries) {
        return entries;
      }
    } catch (ParseException e) {
      throw new IOException("it is not JSON", e);
    }
    throw new IOException("it is not a key set: {\"keys\":[…]}");
  }

  private static void add(Map<?, ?> fields, List<IssuerKey> keys) {
    try {
      @SuppressWarnings("unchecked")
      IssuerKey key = IssuerKey.of(JWK.parse((Map<String, Object>) fields));
      if (key != null) {
        keys.add(key);
      }
    } catch (ParseException | JOSEException | RuntimeException e) {
      LOG.debug("a key cannot be read", e);
    }
  }
}
