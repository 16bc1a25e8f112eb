#pragma once

/* Programs of ours that are started by others of ours. */

#include "base/base.h"

/**
 * program_find() - where one of our programs is: beside the running one, as in a build tree, or
 * where it is installed
 * @name:       "guestops-libvirt"
 * @ret:        allocated
 *
 * Who may write beside the running program might as well replace that one.
 *
 * Return: 0; -ENOENT where it is not installed, *@ret is then where it would be; -ENOMEM.
 */
int program_find(const char *name, char **ret);
