/** Gateways behind nginx. */
@NullMarked
package io.tailwater.system.nginx;

import org.jspecify.annotations.NullMarked;
