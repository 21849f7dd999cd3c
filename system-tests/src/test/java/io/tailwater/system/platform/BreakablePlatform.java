package io.tailwater.system.platform;

/** A platform in this JVM for one test at a time, which may break what it likes. */
public final class BreakablePlatform extends InProcessPlatform {}
