package io.tailwater.edge.backend;

import io.tailwater.contract.backend.v1.Caller;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;

/** Tells the backend who a client is, and what its token allows. Stateless. */
final class Callers {
  private Callers() {}

  /**
   * @param connection the id of its connection; empty for none
   * @param session the id of its session; empty for none
   */
  static Caller of(Identity identity, String connection, String session) {
    Grant grant = identity.grant();
    return Caller.newBuilder()
        .setSubject(identity.subject())
        .setConnection(connection)
        .setSession(session)
        .setAddress(identity.address())
        .addAllSubscribe(grant.subscribe())
        .addAllPublish(grant.publish())
        .addAllCall(grant.call())
        .build();
  }
}
