/** Our Java client against real gateways. */
@NullMarked
package io.tailwater.system.javaclient;

import org.jspecify.annotations.NullMarked;
