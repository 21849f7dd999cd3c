/** Our JavaScript client, in Node and in Chromium, as its users run it. */
@NullMarked
package io.tailwater.system.client;

import org.jspecify.annotations.NullMarked;
