/** Pages of other origins, and requests as browsers and their libraries write them. */
@NullMarked
package io.tailwater.system.web;

import org.jspecify.annotations.NullMarked;
