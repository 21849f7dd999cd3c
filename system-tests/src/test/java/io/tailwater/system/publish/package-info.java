/** Requests that the gateways refuse. */
@NullMarked
package io.tailwater.system.publish;

import org.jspecify.annotations.NullMarked;
