#pragma once

/*
 * The environment of a guest user who brought none along: what a login would have given.
 * Sources: environ(7), login.defs(5) ENV_PATH and ENV_SUPATH, /etc/environment as pam_env(8) reads
 * it.
 */

#include "base/arena.h"
#include "schema/types.h"

/* Reads files: not for the monitor. Return: 0 or -ENOMEM. */
int environment_make(Arena *arena, const char *name, uid_t uid, const char *home, const char *shell,
                     WireStrings *ret);
