/** The methods of the backend: messages of rooms, the rooms themselves, and notices. */
@NullMarked
package io.tailwater.backend.chat;

import org.jspecify.annotations.NullMarked;
