package io.tailwater.edge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.StateEntry;
import org.junit.jupiter.api.Test;

final class StateJsonTest {
  private static final StateEntry ENTRY =
      StateEntry.newBuilder()
          .setEntry("card")
          .setVersion(12)
          .setData(ByteString.copyFromUtf8("{\"x\": 1.50}"))
          .setKind(DataKind.JSON)
          .setTsMs(7)
          .build();

  @Test
  void aJsonValueIsShownAsItWasSent() {
    assertThat(json(ENTRY.toBuilder().setBy("alice").build()))
        .isEqualTo(
            "{\"entry\":\"card\",\"version\":\"k3Zq-12\",\"data\":{\"x\": 1.50},\"by\":\"alice\",\"ts_ms\":7}");
  }

  @Test
  void anEntryThatNobodyIsKnownToHaveWrittenHasNoBy() {
    assertThat(json(ENTRY)).doesNotContain("by");
  }

  @Test
  void bytesAreBase64() {
    StateEntry bytes =
        ENTRY.toBuilder()
            .setData(ByteString.copyFrom(new byte[] {0, 1, 2}))
            .setKind(DataKind.BYTES)
            .build();
    assertThat(json(bytes)).contains("\"encoding\":\"base64\",\"data\":\"AAEC\"");
  }

  private static String json(StateEntry entry) {
    return JsonText.object(json -> StateJson.entry(entry, new Epoch("k3Zq"), json));
  }
}
