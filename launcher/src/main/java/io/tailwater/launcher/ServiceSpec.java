package io.tailwater.launcher;

import java.util.List;
import java.util.Map;

/**
 * One instance of a service, started by the {@code start} of its main class.
 *
 * @param name e.g. {@code event-core-1}
 * @param mainClass has {@code static ApplicationContext start(Map<String, Object>)}
 * @param properties its configuration
 * @param address what it is reached at, for people
 * @param healthPort where it answers {@code /health/readiness}
 * @param jvmOptions of its own process, if it has one
 */
record ServiceSpec(
    String name,
    String mainClass,
    Map<String, Object> properties,
    String address,
    int healthPort,
    List<String> jvmOptions) {}
