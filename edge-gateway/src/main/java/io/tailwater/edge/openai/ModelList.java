package io.tailwater.edge.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.StreamRights;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The models that requests may name, for whoever may start an answer. Any thread. */
final class ModelList {
  private static final JsonFactory JSON = new JsonFactory();

  private final AiStreams streams;
  private final StreamRights rights;

  ModelList(AiStreams streams, StreamRights rights) {
    this.streams = streams;
    this.rights = rights;
  }

  CompletableFuture<HttpResponse<?>> all(Identity identity) {
    rights.requireCreate(identity);
    return streams.models().thenApply(models -> json(list(models.getNamesList())));
  }

  CompletableFuture<HttpResponse<?>> one(Identity identity, String id) {
    rights.requireCreate(identity);
    return streams
        .models()
        .thenApply(
            models -> {
              String name = models.getAliasesMap().getOrDefault(id, id);
              if (!models.getNamesList().contains(name)) {
                throw new RequestException(
                    ErrorCode.MODEL_NOT_FOUND,
                    "this model does not exist; there is: "
                        + String.join(", ", models.getNamesList()));
              }
              return json(
                  written(
                      out -> {
                        out.writeStartObject();
                        write(name, out);
                        out.writeEndObject();
                      }));
            });
  }

  private static String list(List<String> names) {
    return written(
        out -> {
          out.writeStartObject();
          out.writeStringField("object", "list");
          out.writeArrayFieldStart("data");
          for (String name : names) {
            out.writeStartObject();
            write(name, out);
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private static void write(String name, JsonGenerator out) throws IOException {
    out.writeStringField("id", name);
    out.writeStringField("object", "model");
    out.writeNumberField("created", 0);
    out.writeStringField("owned_by", "tailwater");
  }

  private static String written(Content content) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      content.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException("texts can be written into memory", e);
    }
    return text.toString();
  }

  private static HttpResponse<?> json(String body) {
    return HttpResponse.ok(body).contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private interface Content {
    void write(JsonGenerator out) throws IOException;
  }
}
