package io.tailwater.edge.openai;

import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.Answers;
import io.tailwater.edge.ai.StreamKeys;
import io.tailwater.edge.ai.StreamRights;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.redis.Redis;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class OpenAiWiring {
  @Singleton
  RecentRequests recent(Redis redis, Namespaces namespaces) {
    return new RecentRequests(redis, namespaces::platform);
  }

  @Singleton
  ModelList models(AiStreams streams, StreamRights rights) {
    return new ModelList(streams, rights);
  }

  @Singleton
  Completions completions(
      AiStreams streams,
      StreamKeys keys,
      StreamRights rights,
      RecentRequests recent,
      Answers answers,
      ObjectMapper json) {
    return new Completions(streams, keys, rights, recent, answers, json);
  }
}
