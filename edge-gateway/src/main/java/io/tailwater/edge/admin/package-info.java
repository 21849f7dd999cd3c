/** For whoever runs the platform: what is connected, to any of the gateways, and an end to it. */
@NullMarked
package io.tailwater.edge.admin;

import org.jspecify.annotations.NullMarked;
