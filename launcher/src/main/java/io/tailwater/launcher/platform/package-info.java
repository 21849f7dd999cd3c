/**
 * The parts of a platform, and how they are started and stopped: in this JVM, or each as its own
 * process that is restarted when it dies.
 */
@NullMarked
package io.tailwater.launcher.platform;

import org.jspecify.annotations.NullMarked;
