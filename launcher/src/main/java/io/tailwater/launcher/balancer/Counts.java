package io.tailwater.launcher.balancer;

/**
 * What the balancer has counted.
 *
 * @param open connections now
 * @param accepted connections since the start
 * @param refused connections that were reset because too many were open
 * @param late connections that were reset because their first head did not end in time
 * @param idle connections that were ended because nothing had passed
 */
public record Counts(int open, long accepted, long refused, long late, long idle) {}
