/** Read positions: how far each subject has read its channels. */
@NullMarked
package io.tailwater.edge.acks;

import org.jspecify.annotations.NullMarked;
