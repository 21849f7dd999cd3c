package io.tailwater.ai.upstream;

import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.model.Tokens;

/** A model of a server that speaks OpenAI's protocol. Any thread. */
final class UpstreamModel implements Model {
  private final String name;
  private final Upstream upstream;
  private final String upstreamName;
  private final Surroundings surroundings;

  /**
   * @param name what our clients call it
   * @param upstreamName what its server calls it
   */
  UpstreamModel(String name, Upstream upstream, String upstreamName, Surroundings surroundings) {
    this.name = name;
    this.upstream = upstream;
    this.upstreamName = upstreamName;
    this.surroundings = surroundings;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Answer answer(Prompt prompt) {
    int estimate =
        prompt.messages().stream().mapToInt(message -> Tokens.count(message.content())).sum();
    return new UpstreamAnswer(
        upstream,
        CompletionBody.of(prompt, upstreamName, surroundings.json()),
        estimate,
        surroundings);
  }
}
