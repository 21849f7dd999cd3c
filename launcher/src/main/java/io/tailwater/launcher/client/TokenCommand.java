package io.tailwater.launcher.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.data.DevelopmentKey;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater token}: a JWT of the development key. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a token for the platform on this machine.",
      "",
      "It is a JWT (HS256) of the development key in the data directory. A pattern is a channel,",
      "'chat:lobby', or a prefix that ends in '*', 'chat:*'. '$sub' in it stands for the token's own",
      "subject, as the whole key: 'user:$sub'. Put patterns in single quotes, or the shell takes them."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater token alice --subscribe 'chat:*' --publish 'chat:*'",
      "  ./tailwater token bob --subscribe 'chat:*' --subscribe 'user:$sub' --ttl 7d",
      "  export TAILWATER_TOKEN=$(./tailwater token alice --subscribe 'chat:*' --publish 'chat:*')",
      "  ./tailwater pub chat:lobby '{\"text\":\"hi\"}'     # sends that token",
      "  curl -N -H \"Authorization: Bearer $TAILWATER_TOKEN\" \\",
      "    'http://127.0.0.1:8080/v1/events?channel=chat:lobby'"
    })
public final class TokenCommand implements Callable<Integer> {
  private static final int MAX_SUBJECT_CHARS = 255;

  @Parameters(paramLabel = "SUBJECT", description = "Who it speaks for, e.g. a user's name.")
  String subject = "";

  @Option(
      names = "--subscribe",
      paramLabel = "PATTERN",
      description = "May read these channels. Repeatable.")
  List<String> subscribe = List.of();

  @Option(
      names = "--publish",
      paramLabel = "PATTERN",
      description = "May publish to these. Repeatable.")
  List<String> publish = List.of();

  @Option(
      names = "--call",
      paramLabel = "PATTERN",
      description = "May call these methods, e.g. 'room.*'. Repeatable.")
  List<String> call = List.of();

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = DurationText.class,
      description = "How long it is valid: 90s, 30m, 1h, 7d. Default: ${DEFAULT-VALUE}.")
  Duration ttl = Duration.ofHours(1);

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The platform's data directory. Default: ./data beside the command.")
  Path data = DataDirectory.usual();

  @Option(names = "--json", description = "Print {\"token\":…,\"subject\":…,\"expires_at_ms\":…}.")
  boolean json;

  @Override
  public Integer call() {
    if (subject.isBlank() || subject.length() > MAX_SUBJECT_CHARS) {
      throw new LaunchException(ExitStatus.USAGE, "A subject has 1 to 255 characters.");
    }
    Instant expires = Instant.now().plus(ttl);
    String token =
        sign(
            DevelopmentKey.existing(data),
            subject,
            Map.of("subscribe", subscribe, "publish", publish, "call", call),
            expires);
    System.out.println(
        json
            ? Json.write(
                Map.of("token", token, "subject", subject, "expires_at_ms", expires.toEpochMilli()))
            : token);
    return ExitStatus.DONE;
  }

  /** A JWT with the claims of the public contract's "Security". */
  static String sign(
      String key, String subject, Map<String, List<String>> grants, Instant expires) {
    try {
      var claims =
          new JWTClaimsSet.Builder()
              .subject(subject)
              .expirationTime(Date.from(expires))
              .claim("tw", grants)
              .build();
      var jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
      jwt.sign(new MACSigner(Base64.getUrlDecoder().decode(key)));
      return jwt.serialize();
    } catch (JOSEException | IllegalArgumentException e) {
      throw new LaunchException("The development key is damaged: " + e.getMessage() + ".");
    }
  }
}
