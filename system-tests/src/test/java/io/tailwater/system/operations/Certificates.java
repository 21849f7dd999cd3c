package io.tailwater.system.operations;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A CA and a certificate of {@code localhost} that it signed, made with Java's keytool. Immutable.
 *
 * @param certificate a PEM file, with the CA's certificate after its own
 * @param key a PEM file
 * @param trust a PEM file with the CA's certificate
 */
record Certificates(Path certificate, Path key, Path trust) {
  private static final char[] PASSWORD = "certificates".toCharArray();

  /** Makes them in a directory. */
  static Certificates make(Path directory)
      throws IOException, InterruptedException, GeneralSecurityException {
    Files.createDirectories(directory);
    String store = directory.resolve("store.p12").toString();
    keytool(
        store, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=ca", "-ext", "bc:c");
    keytool(store, "-genkeypair", "-alias", "service", "-keyalg", "EC", "-dname", "CN=service");
    Path request = directory.resolve("request");
    Path signed = directory.resolve("signed");
    keytool(store, "-certreq", "-alias", "service", "-file", request.toString());
    keytool(
        store,
        "-gencert",
        "-alias",
        "ca",
        "-infile",
        request.toString(),
        "-outfile",
        signed.toString(),
        "-ext",
        "san=dns:localhost,ip:127.0.0.1");
    keytool(store, "-importcert", "-alias", "service", "-file", signed.toString());
    KeyStore read = KeyStore.getInstance(Path.of(store).toFile(), PASSWORD);
    Key key = read.getKey("service", PASSWORD);
    return new Certificates(
        pem(
            directory.resolve("certificate.pem"),
            "CERTIFICATE",
            read.getCertificateChain("service")),
        write(directory.resolve("key.pem"), block("PRIVATE KEY", key.getEncoded())),
        pem(directory.resolve("trust.pem"), "CERTIFICATE", read.getCertificate("ca")));
  }

  private static void keytool(String store, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-keystore", store, "-storepass", String.valueOf(PASSWORD), "-noprompt"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  private static Path pem(Path file, String kind, Certificate... certificates)
      throws IOException, GeneralSecurityException {
    StringBuilder text = new StringBuilder();
    for (Certificate each : certificates) {
      text.append(block(kind, each.getEncoded()));
    }
    return write(file, text.toString());
  }

  private static String block(String kind, byte[] bytes) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  private static Path write(Path file, String text) throws IOException {
    return Files.writeString(file, text);
  }
}
