/**
 * The client for Java programs. Begin with {@link io.tailwater.javaclient.TailwaterClient}.
 *
 * <p>All state of a client belongs to one thread, its {@link io.tailwater.javaclient.loop.Loop}.
 * Code of the application runs on an executor, so that it may block. {@code README.md} of the
 * module describes how the client behaves.
 */
@NullMarked
package io.tailwater.javaclient;

import org.jspecify.annotations.NullMarked;
