package io.tailwater.edge.publish;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.publish.BatchLines.Line;
import io.tailwater.edge.request.Garbage;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a publication consists of, it is what its namespace promises, or it is refused. */
final class PublishPropertiesTest {
  private static final String[] NAMES = {"channel", "data", "data_base64", "type", "key"};
  private static final byte[] GOOD =
      "{\"channel\":\"demo:ä\",\"data\":{\"t\":\"é😀\",\"n\":1.50},\"type\":\"a\",\"key\":\"k\"}"
          .getBytes(StandardCharsets.UTF_8);

  @Property
  void anyLineIsAPublicationOrRefused(@ForAll Random random, @ForAll byte[] any) {
    read(any);
    read(Garbage.damaged(GOOD, random));
    read(Garbage.json(random, NAMES).getBytes(StandardCharsets.UTF_8));
    String fields = Garbage.object(random, NAMES);
    read(
        ("{\"channel\":\"demo:a\"" + (fields.equals("{}") ? "}" : "," + fields.substring(1)))
            .getBytes(StandardCharsets.UTF_8));
  }

  private static void read(byte[] line) {
    if (!EventData.isJson(line)) {
      assertRefused(ErrorCode.INVALID_JSON, () -> BatchLines.parse(line));
      return;
    }
    Line read = Garbage.readOrRefused(() -> BatchLines.parse(line));
    if (read != null) {
      byte[] data = read.data();
      assertThat(data == null || EventData.isJson(data)).isTrue();
      assertThat(Text.malformedAt(read.key())).isEqualTo(Text.WELL_FORMED);
      assertThat(Text.malformedAt(read.channel().toString())).isEqualTo(Text.WELL_FORMED);
    }
  }

  @Property
  void aBatchHasTheLinesThatAreNotBlank(@ForAll("batches") String batch) {
    byte[] body = batch.getBytes(StandardCharsets.UTF_8);
    assertThat(BatchLines.split(body))
        .hasSize((int) batch.lines().filter(line -> !line.isBlank()).count());
  }

  @Property
  void anyBodyIsWhatItsNamespacePromisesOrRefused(
      @ForAll("types") String contentType, @ForAll Random random, @ForAll byte[] any) {
    PublishBody.Form form = PublishBody.Form.of(contentType);
    for (DataKind kind : new DataKind[] {DataKind.JSON, DataKind.TEXT, DataKind.BYTES}) {
      Namespace namespace = Namespace.newBuilder().setName("demo").setData(kind).build();
      for (byte[] body :
          new byte[][] {
            any,
            Garbage.damaged(GOOD, random),
            Garbage.json(random, NAMES).getBytes(StandardCharsets.UTF_8)
          }) {
        var data =
            Garbage.readOrRefused(
                () -> PublishBody.data(form, body, namespace, random.nextBoolean()));
        if (data != null
            && kind == DataKind.JSON
            && form != PublishBody.Form.BYTES
            && form != PublishBody.Form.BATCH) {
          assertThat(EventData.isJson(data.toByteArray())).isTrue();
        }
      }
    }
  }

  @Provide
  Arbitrary<String> batches() {
    return Garbage.header("\n", "\n\n", " ", "{", "{}", "\t")
        .map(text -> text.replace('\u0085', 'x'));
  }

  @Provide
  Arbitrary<String> types() {
    return Garbage.header(
        "application/json",
        "text/plain",
        "text/",
        ";",
        "charset",
        "=",
        "\"",
        ",",
        " ",
        "application/x-ndjson",
        "application/octet-stream",
        "/");
  }
}
