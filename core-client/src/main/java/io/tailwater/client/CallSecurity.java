package io.tailwater.client;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.NettySslContextChannelCredentials;
import io.grpc.stub.MetadataUtils;
import io.micronaut.context.exceptions.ConfigurationException;
import io.netty.handler.ssl.ClientAuth;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Secures the calls between services on both sides: by a shared secret, by TLS with certificates of
 * both sides, by both or not at all. Immutable.
 */
public final class CallSecurity {
  /** Neither secret nor TLS. */
  public static final CallSecurity NONE = new CallSecurity(GrpcConfiguration.open());

  private static final Metadata.Key<String> SECRET =
      Metadata.Key.of("tw-secret", Metadata.ASCII_STRING_MARSHALLER);

  private final GrpcConfiguration configuration;

  /** As it is configured. */
  public CallSecurity(GrpcConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * A builder of a channel that shows our secret and certificate.
   *
   * @throws ConfigurationException if a file holds something else
   */
  NettyChannelBuilder channel(String target) {
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target, credentials());
    if (!configuration.secrets().isEmpty()) {
      Metadata secret = new Metadata();
      secret.put(SECRET, configuration.secrets().getFirst());
      builder.intercept(MetadataUtils.newAttachHeadersInterceptor(secret));
    }
    return builder;
  }

  private ChannelCredentials credentials() {
    if (!configuration.tls()) {
      return InsecureChannelCredentials.create();
    }
    try {
      // TlsChannelCredentials would read the certificates only later, where no setting is known.
      return NettySslContextChannelCredentials.create(
          GrpcSslContexts.forClient()
              .keyManager(file(configuration.certificate()), file(configuration.key()))
              .trustManager(file(configuration.trust()))
              .build());
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(e);
    }
  }

  /**
   * Makes a server refuse whoever shows no secret or certificate.
   *
   * @throws ConfigurationException if a file holds something else
   */
  public void secure(ServerBuilder<?> server) {
    if (configuration.tls()) {
      try {
        ((NettyServerBuilder) server)
            .sslContext(
                GrpcSslContexts.forServer(
                        file(configuration.certificate()), file(configuration.key()))
                    .trustManager(file(configuration.trust()))
                    .clientAuth(ClientAuth.REQUIRE)
                    .build());
      } catch (IOException | IllegalArgumentException e) {
        throw unreadable(e);
      }
    }
    if (!configuration.secrets().isEmpty()) {
      server.intercept(new Gate(configuration.secrets()));
    }
  }

  private static File file(@Nullable String path) {
    return new File(Objects.requireNonNull(path));
  }

  private static ConfigurationException unreadable(Exception cause) {
    return new ConfigurationException(
        GrpcConfiguration.PREFIX
            + ": certificate, key and trust are to be PEM files that belong together: "
            + cause.getMessage(),
        cause);
  }

  /** Refuses calls without one of the secrets. */
  private static final class Gate implements ServerInterceptor {
    private final List<byte[]> secrets;

    Gate(List<String> texts) {
      secrets = texts.stream().map(Gate::bytes).toList();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String shown = headers.get(SECRET);
      if (shown == null || !isSecret(bytes(shown))) {
        call.close(
            Status.UNAUTHENTICATED.withDescription(
                shown == null
                    ? "a secret is needed: set tailwater.grpc.secrets as this service has it"
                    : "this secret is not accepted: set tailwater.grpc.secrets as this service has it"),
            new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }

    /** Takes the same time for every text, so that no secret can be guessed piece by piece. */
    private boolean isSecret(byte[] shown) {
      boolean found = false;
      for (byte[] secret : secrets) {
        found |= MessageDigest.isEqual(secret, shown);
      }
      return found;
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
  }
}
