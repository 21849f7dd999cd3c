package io.tailwater.edge.frames;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.ClientFrame;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why a message is not a {@link ClientFrame}: a string that is not UTF-8 gets an answer,
 * since the frame's id can be read. Confined to one call.
 */
final class MalformedStrings {
  private long id;
  private @Nullable RequestException refusal;

  private MalformedStrings() {}

  /** What to do with a message that cannot be parsed. */
  static ClientMessage in(byte[] message) {
    MalformedStrings found = new MalformedStrings();
    try {
      found.read(CodedInputStream.newInstance(message), ClientFrame.getDescriptor(), true);
    } catch (IOException e) {
      return unreadable();
    }
    return found.refusal == null ? unreadable() : ClientMessage.refused(found.id, found.refusal);
  }

  private static ClientMessage unreadable() {
    return ClientMessage.unreadable("this is no ClientFrame of frames.proto");
  }

  private void read(CodedInputStream in, Descriptor type, boolean outermost) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      int wire = WireFormat.getTagWireType(tag);
      if (field == null) {
        in.skipField(tag);
      } else if (outermost && field.getNumber() == ClientFrame.ID_FIELD_NUMBER) {
        id = in.readInt64();
      } else if (wire != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        in.skipField(tag);
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        read(CodedInputStream.newInstance(in.readByteArray()), field.getMessageType(), false);
      } else {
        check(field, in.readByteArray());
      }
    }
  }

  private void check(FieldDescriptor field, byte[] value) {
    if (refusal == null && field.getJavaType() == FieldDescriptor.JavaType.STRING) {
      try {
        Text.requireUtf8("'" + field.getName() + "'", value, ErrorCode.INVALID_REQUEST);
      } catch (RequestException e) {
        refusal = e;
      }
    }
  }
}
