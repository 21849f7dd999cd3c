/** Snapshots of the state of channels, and the changes after them, over every transport. */
@NullMarked
package io.tailwater.system.snapshots;

import org.jspecify.annotations.NullMarked;
