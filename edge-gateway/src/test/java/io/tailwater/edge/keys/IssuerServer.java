package io.tailwater.edge.keys;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** An issuer of tokens with a real HTTP server for its keys, which a test can rotate or spoil. */
public final class IssuerServer implements AutoCloseable {
  public static final String ISSUER = "https://issuer.test";
  public static final String AUDIENCE = "tailwater";

  private final HttpServer server;
  private final Map<String, KeyPair> edwards = new HashMap<>();
  private final Map<String, JWK> keys = new HashMap<>();
  private volatile String body = "";
  private volatile int status = 200;
  private final AtomicInteger requests = new AtomicInteger();

  public IssuerServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/keys",
        exchange -> {
          requests.incrementAndGet();
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  /** Where it publishes its keys. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/keys";
  }

  /** How often it was asked. */
  int requests() {
    return requests.get();
  }

  /** Publishes the keys with these names, which are made if they are new, and no others. */
  public void publish(String... names) {
    serve(
        200,
        Arrays.stream(names)
            .map(name -> key(name).toPublicJWK().toJSONString())
            .collect(Collectors.joining(",", "{\"keys\":[", "]}")));
  }

  /** Answers anything. */
  public void serve(int newStatus, String newBody) {
    status = newStatus;
    body = newBody;
  }

  /** The key with this name, whose beginning says of which type it is: rsa, ec or ed. */
  JWK key(String name) {
    return keys.computeIfAbsent(name, this::made);
  }

  private JWK made(String name) {
    try {
      if (name.startsWith("rsa")) {
        return new RSAKeyGenerator(2_048).keyID(name).generate();
      }
      if (name.startsWith("ec")) {
        return new ECKeyGenerator(Curve.P_256).keyID(name).generate();
      }
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      edwards.put(name, pair);
      byte[] encoded = pair.getPublic().getEncoded();
      byte[] x = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
      return new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(x)).keyID(name).build();
    } catch (JOSEException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A token that is signed with the key of this name. */
  public String token(JWSAlgorithm algorithm, String name, JWTClaimsSet claims) {
    return signed(new JWSHeader.Builder(algorithm).keyID(name).build(), name, claims);
  }

  /** A token with any header. */
  String signed(JWSHeader header, String name, JWTClaimsSet claims) {
    SignedJWT jwt = new SignedJWT(header, claims);
    try {
      if (key(name) instanceof OctetKeyPair) {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(Objects.requireNonNull(edwards.get(name)).getPrivate());
        signature.update(jwt.getSigningInput());
        return new String(jwt.getSigningInput(), StandardCharsets.US_ASCII)
            + "."
            + Base64URL.encode(signature.sign());
      }
      jwt.sign(signer(key(name)));
      return jwt.serialize();
    } catch (JOSEException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static JWSSigner signer(JWK key) throws JOSEException {
    return switch (key) {
      case RSAKey rsa -> new RSASSASigner(rsa);
      case ECKey ec -> new ECDSASigner(ec);
      default -> throw new AssertionError("no signer for " + key);
    };
  }

  /** Claims of a token of this issuer, without an end. */
  public static JWTClaimsSet.Builder claims(String subject) {
    return new JWTClaimsSet.Builder()
        .subject(subject)
        .issuer(ISSUER)
        .audience(List.of("account", AUDIENCE));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
