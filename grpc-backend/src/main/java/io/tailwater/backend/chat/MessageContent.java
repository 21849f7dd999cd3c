package io.tailwater.backend.chat;

import com.google.protobuf.ByteString;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.backend.v1.ImportedMessage;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.PublishRequest;

/** What a chat message may contain: a text, or bytes such as a picture. */
final class MessageContent {
  /** Most characters of a text. */
  static final int MAX_TEXT = 8_192;

  /** Most bytes of a picture. */
  static final int MAX_BYTES = 256 << 10;

  private MessageContent() {}

  /**
   * A message of another chat system.
   *
   * @throws CallFailure if it is neither a text nor bytes within the bounds
   */
  static PublishRequest.Builder imported(ImportedMessage message) {
    int length = message.getText().codePointCount(0, message.getText().length());
    int bytes = message.getData().size();
    if ((length > 0) == (bytes > 0) || length > MAX_TEXT || bytes > MAX_BYTES) {
      throw CallFailure.of(
          ErrorCode.INVALID_REQUEST,
          "a message has a text of 1 to %d characters, or 1 to %d bytes"
              .formatted(MAX_TEXT, MAX_BYTES));
    }
    return length > 0
        ? PublishRequest.newBuilder().setData(ofText(message.getText()))
        : PublishRequest.newBuilder()
            .setKind(DataKind.BYTES)
            .setContentType(message.getContentType())
            .setData(message.getData());
  }

  /** A text as the data of an event. */
  static ByteString ofText(String text) {
    return ByteString.copyFromUtf8(ResultJson.object(json -> json.writeStringField("text", text)));
  }
}
