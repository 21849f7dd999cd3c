package io.tailwater.contract;

/** The version of the platform that this build is of. */
public final class Release {
  /** As its programs print it. */
  public static final String VERSION = "0.1.0";

  private Release() {}
}
