#pragma once

/*
 * Names of files are bytes in the guest, and text on the wire, where not every byte can stand. A
 * byte that is not part of well-formed UTF-8, or is of a character that XML 1.0 cannot hold, is
 * the private character U+F000 plus its value, and back again. So are the bytes of those private
 * characters themselves, and every name has one spelling that leads back to it.
 */

#include "base/arena.h"

/* Return: the bytes that a client's @path stands for, in the arena; NULL without memory. */
char *guest_path_decode(Arena *arena, const char *path);

/* Return: how clients are told of @bytes, in the arena; NULL without memory. */
char *guest_path_encode(Arena *arena, const char *bytes);
