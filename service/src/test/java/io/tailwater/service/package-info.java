@NullMarked
package io.tailwater.service;

import org.jspecify.annotations.NullMarked;
