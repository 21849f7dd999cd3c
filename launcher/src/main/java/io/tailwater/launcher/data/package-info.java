/**
 * The data directory and its files: the lock, the development key, process ids, the configuration.
 */
@NullMarked
package io.tailwater.launcher.data;

import org.jspecify.annotations.NullMarked;
