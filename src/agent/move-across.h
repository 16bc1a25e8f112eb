#pragma once

/*
 * Moves from one file system to another: a copy, made under a hidden name beside the destination,
 * gets its name when it is whole, and then what it is a copy of is removed. A worker that is killed
 * meanwhile leaves what was to be moved where it was, or where it was to be, or both; and perhaps
 * a hidden name.
 */

#include "agent/file-place.h"

/* Renames to a name that is free. Return: 0, or a negative errno; -EEXIST: it is not. */
int rename_to_free(int from_directory, const char *from, int to_directory, const char *to,
                   bool is_directory);

/* How rename_to_free() does it where the kernel cannot: an empty file has the name for a moment. */
int rename_by_reservation(int from_directory, const char *from, int to_directory, const char *to,
                          bool is_directory);

/*
 * Both: 0, or a negative errno and nothing has changed.
 * @ret_copied: it has; the copy is there, and what it is a copy of is not gone, or not all of it
 */
int file_move_across(const FilePlace *from, const FilePlace *to, bool overwrite, bool *ret_copied);
int tree_move_across(const FilePlace *from, const FilePlace *to, bool *ret_copied);
