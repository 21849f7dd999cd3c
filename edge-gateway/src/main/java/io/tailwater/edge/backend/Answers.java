package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.Detail;
import io.tailwater.contract.backend.v1.Failure;
import io.tailwater.contract.backend.v1.Result;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.connection.Payload;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Judges what a backend answers, since clients get it as it is. Stateless. */
final class Answers {
  private static final int MAX_RESULT_BYTES = 1 << 20;
  private static final int MAX_MESSAGE_CHARS = 1_000;
  private static final int MAX_DETAILS = 100;
  private static final int OTHER_STATUS = 422;
  private static final Set<Integer> STATUSES = Set.of(400, 403, 404, 409, OTHER_STATUS, 429);
  private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  /** Those that a backend can mean. The others are about the connection or the token. */
  private static final Set<ErrorCode> COMMON =
      EnumSet.of(
          ErrorCode.INVALID_REQUEST,
          ErrorCode.INVALID_CHANNEL,
          ErrorCode.INVALID_POSITION,
          ErrorCode.INVALID_TYPE,
          ErrorCode.FORBIDDEN,
          ErrorCode.NOT_FOUND,
          ErrorCode.CLOSED,
          ErrorCode.CONFLICT,
          ErrorCode.TOO_LARGE,
          ErrorCode.RATE_LIMITED,
          ErrorCode.INTERNAL,
          ErrorCode.UNAVAILABLE,
          ErrorCode.TIMEOUT);

  private Answers() {}

  /**
   * The outcome of a call.
   *
   * @param hasKey whether the call may be repeated
   */
  static CallOutcome judge(CallAnswer answer, boolean hasKey) {
    return switch (answer.getOutcomeCase()) {
      case RESULT -> result(answer.getResult(), hasKey);
      case FAILURE -> failure(answer.getFailure(), hasKey);
      case OUTCOME_NOT_SET -> rubbish("neither a result nor a failure", hasKey);
    };
  }

  private static CallOutcome result(Result result, boolean hasKey) {
    ByteString data = result.getData();
    if (data.size() > MAX_RESULT_BYTES) {
      return rubbish("more than 1 MiB", hasKey);
    }
    Payload payload = Payloads.read(data, result.getEncoding(), result.getBytesAtList());
    if (payload != null) {
      return new CallOutcome.Answered(payload);
    }
    return switch (result.getEncoding()) {
      case ENCODING_BYTES, ENCODING_JSON -> rubbish("something that is not JSON", hasKey);
      case ENCODING_ARGUMENTS ->
          rubbish("something that is not a JSON array, or without bytes where they are", hasKey);
      case UNRECOGNIZED -> rubbish("an encoding that is not known here", hasKey);
    };
  }

  private static CallOutcome failure(Failure failure, boolean hasKey) {
    if (!CODE.matcher(failure.getCode()).matches()) {
      return rubbish("a failure without a code", hasKey);
    }
    ErrorCode common =
        COMMON.stream()
            .filter(code -> code.wire().equals(failure.getCode()))
            .findFirst()
            .orElse(null);
    int given = failure.getStatus();
    int own = STATUSES.contains(given) ? given : OTHER_STATUS;
    return new CallOutcome.Failed(
        failure.getCode(),
        shortened(failure.getMessage()),
        common == null ? own : common.status(),
        (common == null ? failure.getRetry() : common.retry()) && hasKey,
        details(failure.getDetailsList()));
  }

  private static String details(List<Detail> details) {
    if (details.isEmpty()) {
      return "";
    }
    String object =
        JsonText.object(
            json -> {
              json.writeArrayFieldStart("");
              for (Detail detail : details.subList(0, Math.min(MAX_DETAILS, details.size()))) {
                json.writeStartObject();
                json.writeStringField("field", shortened(detail.getField()));
                json.writeStringField("problem", shortened(detail.getProblem()));
                json.writeEndObject();
              }
              json.writeEndArray();
            });
    return object.substring(object.indexOf('['), object.length() - 1);
  }

  private static CallOutcome rubbish(String what, boolean hasKey) {
    return CallOutcome.of(ErrorCode.INTERNAL, "the backend has answered with " + what, hasKey);
  }

  private static String shortened(String text) {
    if (text.length() <= MAX_MESSAGE_CHARS) {
      return text;
    }
    int end =
        Character.isHighSurrogate(text.charAt(MAX_MESSAGE_CHARS - 1))
            ? MAX_MESSAGE_CHARS - 1
            : MAX_MESSAGE_CHARS;
    return text.substring(0, end) + "…";
  }
}
