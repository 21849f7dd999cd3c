package io.tailwater.edge.publish;

import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Written;
import io.tailwater.contract.v1.Published;
import io.tailwater.edge.connection.JsonText;

/**
 * What a publisher gets for an event that was published.
 *
 * @param id the event's id; the first one's if this is a duplicate; empty for an ephemeral event
 * @param version the version of its entry after it; empty if it is about none
 * @param superseded the entry had been written with a later {@code at}, so that it changed nothing
 */
public record Receipt(String id, boolean duplicate, String version, boolean superseded) {
  /** An ephemeral event was passed on. */
  static final Receipt PASSED_ON = new Receipt("", false, "", false);

  static Receipt of(Stored stored) {
    Written written = stored.written();
    return new Receipt(
        stored.id().toString(),
        stored.duplicate(),
        written == null ? "" : written.version().toString(),
        written != null && written.superseded());
  }

  /** The same as a frame's field. */
  public Published published() {
    Published.Builder published =
        Published.newBuilder().setId(id).setDuplicate(duplicate).setVersion(version);
    if (superseded) {
      published.setSuperseded(true);
    }
    return published.build();
  }

  String json() {
    return JsonText.object(
        json -> {
          if (!id.isEmpty()) {
            json.writeStringField("id", id);
          }
          json.writeBooleanField("duplicate", duplicate);
          if (!version.isEmpty()) {
            json.writeStringField("version", version);
          }
          if (superseded) {
            json.writeBooleanField("superseded", true);
          }
        });
  }
}
