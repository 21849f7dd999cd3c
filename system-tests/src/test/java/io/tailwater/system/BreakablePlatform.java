package io.tailwater.system;

/** A platform in this JVM for one test at a time, which may break what it likes. */
final class BreakablePlatform extends InProcessPlatform {}
