package io.tailwater.edge.access;

import com.nimbusds.jwt.JWTClaimsSet;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.keys.IssuerKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What tokens of other issuers have to say, and where. Immutable.
 *
 * @param keys theirs
 * @param issuers one of them is the token's {@code iss}
 * @param audiences one of them is in the token's {@code aud}
 * @param subjectClaim where the subject is; names of nested claims are joined by dots
 * @param grantClaims where grants are
 * @param everyone what all of these tokens grant besides
 */
public record ForeignTokens(
    IssuerKeys keys,
    List<String> issuers,
    List<String> audiences,
    String subjectClaim,
    List<String> grantClaims,
    Grant everyone) {
  private static final String SUBSCRIBE = "subscribe:";
  private static final String PUBLISH = "publish:";
  private static final String CALL = "call:";

  /**
   * Requires a token that was made by one of the issuers, and for this platform.
   *
   * @throws RequestException {@code unauthorized}
   */
  void require(JWTClaimsSet claims) {
    if (claims.getIssuer() == null || !issuers.contains(claims.getIssuer())) {
      throw unauthorized("'iss' of this token is not an issuer that is trusted here");
    }
    if (claims.getAudience().stream().noneMatch(audiences::contains)) {
      throw unauthorized(
          "this token was not made for this platform: 'aud' names others, or nobody");
    }
  }

  /** The subject; null if there is no text where it should be. */
  @Nullable String subject(JWTClaimsSet claims) {
    return find(claims.getClaims(), subjectClaim) instanceof String subject ? subject : null;
  }

  /**
   * What a token grants. Where a claim is an object, its lists {@code subscribe}, {@code publish}
   * and {@code call} hold patterns. Where it is a list, or a text of words, those words count that
   * begin with {@code subscribe:}, {@code publish:} or {@code call:}.
   */
  Grant grant(JWTClaimsSet claims) {
    List<String> words = new ArrayList<>();
    List<Grant> grants = new ArrayList<>();
    grants.add(everyone);
    for (String name : grantClaims) {
      switch (find(claims.getClaims(), name)) {
        case Map<?, ?> patterns -> grants.add(Grant.of(patterns));
        case List<?> list ->
            list.stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .forEach(words::add);
        case String text -> words.addAll(Arrays.asList(text.split(" ")));
        case null, default -> {
          // It grants nothing.
        }
      }
    }
    grants.add(new Grant(after(SUBSCRIBE, words), after(PUBLISH, words), after(CALL, words)));
    return new Grant(
        all(grants.stream().map(Grant::subscribe)),
        all(grants.stream().map(Grant::publish)),
        all(grants.stream().map(Grant::call)));
  }

  private static List<String> all(Stream<List<String>> patterns) {
    return patterns.flatMap(List::stream).distinct().toList();
  }

  private static List<String> after(String prefix, List<String> words) {
    return words.stream()
        .filter(word -> word.startsWith(prefix) && word.length() > prefix.length())
        .map(word -> word.substring(prefix.length()))
        .toList();
  }

  /** A claim by its name, which may have dots itself, or by those of the objects around it. */
  private static @Nullable Object find(Map<?, ?> claims, String path) {
    Object whole = claims.get(path);
    if (whole != null) {
      return whole;
    }
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      if (claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner) {
        Object found = find(inner, path.substring(dot + 1));
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static RequestException unauthorized(String message) {
    return new RequestException(ErrorCode.UNAUTHORIZED, message);
  }
}
