package io.tailwater.launcher.platform;

import java.util.List;
import java.util.Map;

/**
 * One instance of a service.
 *
 * @param name e.g. {@code event-core-1}
 * @param service what it is an instance of
 * @param properties its configuration
 * @param address what it is reached at, for people
 * @param healthPort where it answers {@code /health/readiness}
 * @param jvmOptions of its own process, if it has one
 */
record ServiceSpec(
    String name,
    Service service,
    Map<String, Object> properties,
    String address,
    int healthPort,
    List<String> jvmOptions) {}
