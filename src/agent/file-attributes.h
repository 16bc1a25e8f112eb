#pragma once

/*
 * What clients are told of a file, and ask for. Source: vSphere Web Services API,
 * GuestPosixFileAttributes: permissions are those of stat(2), type bits included.
 */

#include "agent/file-operation.h"

#include <sys/stat.h>

/*
 * Return: the attributes, in the arena; NULL without memory.
 * @target: where a symbolic link leads to, as readlink(2) says it, or NULL for other files
 */
GuestFileAttributes *file_attributes_of(Arena *arena, const struct stat *status,
                                        const char *target);

/*
 * Raises a fault for attributes that this guest cannot give to a file; before the login.
 * @property: what they are called in the request
 */
int file_attributes_check(Operation *operation, const char *property,
                          const GuestFileAttributes *attributes);

/*
 * Gives an open file what is set in @attributes: times, then owner and group, then permissions,
 * because a change of owner takes set-user-ID bits away.
 * @fd: may be one of O_PATH
 *
 * Return: 0 or a negative errno; what came before it is done.
 */
int file_attributes_apply(int fd, const GuestFileAttributes *attributes);
