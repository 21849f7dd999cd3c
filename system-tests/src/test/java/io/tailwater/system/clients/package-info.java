/** Clients of every transport: readers that are cut and return, and peers that read by hand. */
@NullMarked
package io.tailwater.system.clients;

import org.jspecify.annotations.NullMarked;
