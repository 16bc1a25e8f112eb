#pragma once

/* ListFilesInGuest, as far as it happens in a worker. */

#include "agent/file-operation.h"

/*
 * A FileAct. A directory is its entries: "." and "..", then the others by their bytes. Anything
 * else is one row, a link to a directory too; with a slash at its end that one is a directory.
 *
 * A link is told with the attributes of what it leads to, or its own where that is nothing or is
 * hidden from the user: its type bits say which. An entry that the user may not look at is a "file"
 * without attributes. One that has gone meanwhile is left out.
 *
 * An answer may have fewer rows than were asked for; what is left is in its member remaining.
 */
int list_files(const void *params, Arena *arena, Fault *fault, const void **ret);
