package io.tailwater.client;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Configuration {@code tailwater.grpc}: how services prove to each other who they are. Immutable.
 *
 * @param secrets shared by all services: each call carries the first, and a service accepts any; no
 *     secret is asked for if there is none
 * @param certificate file with this service's certificate and those that lead to {@code trust}, PEM
 * @param key file with the certificate's private key, PEM (PKCS #8)
 * @param trust file with the certificates that sign those of services, PEM
 */
@ConfigurationProperties(GrpcConfiguration.PREFIX)
public record GrpcConfiguration(
    @Bindable(defaultValue = "") List<String> secrets,
    @Nullable String certificate,
    @Nullable String key,
    @Nullable String trust) {

  /** Its place in the configuration. */
  public static final String PREFIX = "tailwater.grpc";

  private static final int MIN_SECRET_CHARS = 16;
  private static final int MAX_SECRET_CHARS = 1_000;

  /** Refuses values out of bounds, without a secret in the message. */
  public GrpcConfiguration {
    secrets = secrets.stream().map(String::strip).filter(each -> !each.isEmpty()).toList();
    certificate = blankToNull(certificate);
    key = blankToNull(key);
    trust = blankToNull(trust);
    if (!secrets.stream().allMatch(GrpcConfiguration::isSecret)) {
      throw new ConfigurationException(
          PREFIX
              + ".secrets has a secret that is not accepted; accepted: %d to %d printable ASCII characters without spaces or commas"
                  .formatted(MIN_SECRET_CHARS, MAX_SECRET_CHARS));
    }
    boolean all = certificate != null && key != null && trust != null;
    boolean none = certificate == null && key == null && trust == null;
    if (!all && !none) {
      throw new ConfigurationException(
          PREFIX + " needs certificate, key and trust for TLS, all of them or none");
    }
    requireFile("certificate", certificate);
    requireFile("key", key);
    requireFile("trust", trust);
  }

  /** Neither secret nor TLS. */
  public static GrpcConfiguration open() {
    return new GrpcConfiguration(List.of(), null, null, null);
  }

  /** Whether calls are encrypted, and both sides show certificates. */
  boolean tls() {
    return certificate != null;
  }

  private static @Nullable String blankToNull(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }

  private static boolean isSecret(String text) {
    return text.length() >= MIN_SECRET_CHARS
        && text.length() <= MAX_SECRET_CHARS
        && text.chars().allMatch(c -> c > ' ' && c < 0x7F);
  }

  private static void requireFile(String name, @Nullable String file) {
    if (file != null && !Files.isReadable(Path.of(file))) {
      throw new ConfigurationException(
          PREFIX + "." + name + " is \"" + file + "\"; accepted: a file that can be read");
    }
  }
}
