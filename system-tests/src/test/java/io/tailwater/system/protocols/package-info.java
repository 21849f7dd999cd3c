/**
 * The room that the gateway has for protocols: it works without each of its own, and with one that
 * only these tests have.
 */
@NullMarked
package io.tailwater.system.protocols;

import org.jspecify.annotations.NullMarked;
