package io.tailwater.edge.dev;

import io.micronaut.context.annotation.Requires;
import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.tailwater.edge.files.ServedPage;
import java.util.List;

/**
 * {@code /chat}: a chat that is made of the public interface and nothing else. Its users sign in as
 * anyone, with tokens of {@link DevTokensEndpoint}.
 */
@Controller("/chat")
@Requires(property = "tailwater.edge.dev", value = "true")
final class ChatEndpoint {
  private static final List<String> FILES =
      List.of(
          "chat.css",
          "app.js",
          "composer.js",
          "dom.js",
          "menu.js",
          "messages.js",
          "people.js",
          "pictures.js",
          "room.js",
          "rooms.js",
          "session.js");

  // Pictures come as events, and are shown from the page's memory.
  private static final String FROM_MEMORY = "blob:";

  private final ServedPage chat;

  ChatEndpoint(ResourceLoader resources) {
    chat = ServedPage.of(resources, "chat", FILES, FROM_MEMORY);
  }

  @Get
  HttpResponse<?> page(HttpRequest<?> request) {
    return chat.answer(request);
  }

  @Get("/{name}")
  HttpResponse<?> file(HttpRequest<?> request, @PathVariable String name) {
    return chat.answer(request, name);
  }
}
