/**
 * Reads what requests say, strictly: parameters, headers, cookies and JSON. What cannot be right is
 * refused by name.
 */
@NullMarked
package io.tailwater.edge.request;

import org.jspecify.annotations.NullMarked;
