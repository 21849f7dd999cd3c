package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.State;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.TextPart;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.StateBlock;
import java.nio.charset.StandardCharsets;

/** Stateless: blocks of the state of a channel as binary frames. */
final class StateFrames {
  private StateFrames() {}

  static State of(String channel, StateBlock block) {
    State.Builder state =
        State.newBuilder()
            .setChannel(channel)
            .setFirst(block.first())
            .setPosition(block.position().toString())
            .setMore(!block.last())
            .setIndex(block.page().getIndex())
            .setStatus(block.page().getStatus());
    Epoch epoch = block.position().epoch();
    block.page().getEntriesList().forEach(entry -> state.addEntries(entry(entry, epoch)));
    block.page().getPartsList().forEach(part -> state.addParts(part(part)));
    return state.build();
  }

  private static State.Entry entry(StateEntry entry, Epoch epoch) {
    boolean bytes = entry.getKind() != DataKind.JSON && entry.getKind() != DataKind.TEXT;
    return State.Entry.newBuilder()
        .setEntry(entry.getEntry())
        .setVersion(new Position(epoch, entry.getVersion()).toString())
        .setData(entry.getKind() == DataKind.TEXT ? quoted(entry.getData()) : entry.getData())
        .setEncoding(bytes ? Encoding.ENCODING_BASE64 : Encoding.ENCODING_JSON)
        .setBy(entry.getBy())
        .setTsMs(entry.getTsMs())
        .build();
  }

  private static ByteString quoted(ByteString text) {
    return UnsafeByteOperations.unsafeWrap(
        EventJson.quoted(text.toStringUtf8()).getBytes(StandardCharsets.UTF_8));
  }

  private static State.Part part(TextPart part) {
    return State.Part.newBuilder()
        .setPart(part.getPart())
        .setKind(part.getKind())
        .setId(part.getId())
        .setName(part.getName())
        .setText(part.getText())
        .build();
  }
}
