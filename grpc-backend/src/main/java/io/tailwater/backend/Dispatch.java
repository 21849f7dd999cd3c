package io.tailwater.backend;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.backend.method.Call;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.backend.method.Method;
import io.tailwater.client.OutcomeTimers;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Failure;
import io.tailwater.contract.backend.v1.Result;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Finds the method of a call, and turns what becomes of it into an answer. Any thread. */
final class Dispatch {
  private final Map<String, Method> methods;
  private final OutcomeTimers timers;

  Dispatch(Map<String, Method> methods, MeterRegistry meters) {
    this.methods = methods;
    this.timers = new OutcomeTimers(meters, "tailwater.backend.calls", "from a call to its answer");
  }

  /** Carries out a call. The answer comes on any thread; the future never fails. */
  CompletableFuture<CallAnswer> call(CallRequest request) {
    Timer.Sample sample = timers.start();
    return begin(request)
        .handle(
            (result, failure) -> {
              CallAnswer.Builder answer = CallAnswer.newBuilder().setId(request.getId());
              if (failure == null) {
                timers.stop(sample, "answered");
                return answer
                    .setResult(Result.newBuilder().setData(ByteString.copyFromUtf8(result)))
                    .build();
              }
              Failure why = CallFailure.read(failure);
              timers.stop(sample, why.getCode());
              return answer.setFailure(why).build();
            });
  }

  private CompletableFuture<String> begin(CallRequest request) {
    try {
      Method method = methods.get(request.getMethod());
      if (method == null) {
        throw CallFailure.of(
            ErrorCode.NOT_FOUND,
            "unknown method '"
                + request.getMethod()
                + "'; known are "
                + String.join(", ", new TreeSet<>(methods.keySet())));
      }
      return method.run(Call.of(request));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
