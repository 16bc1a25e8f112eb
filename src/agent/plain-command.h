#pragma once

/*
 * Plain command: a command line of which a shell would make one exec of the program and nothing
 * else. To start the shell for it takes many times what the program's own start takes, so such a
 * program is executed at once, with the words and the environment that bash would have given it.
 *
 * When in doubt it is not plain, and the shell has it: where the path or a word holds anything to
 * be expanded, redirected or escaped, or the environment has a variable that means something to
 * bash itself.
 *
 * Source: POSIX.1-2017, XCU 2.2 and 2.3; bash(1), "Shell Variables".
 */

#include "base/arena.h"

/**
 * plain_command_words() - the command line `"path" arguments`, as the shell would take it apart
 * @arguments:  may be NULL
 * @ret:        ends with NULL, in the arena; NULL where it takes a shell
 *
 * Return: 0, or -ENOMEM.
 */
int plain_command_words(Arena *arena, const char *path, const char *arguments, char ***ret);

/**
 * plain_command_environment() - the environment that bash would hand on
 * @given:      NAME=value each, ends with NULL
 * @path:       of the program
 * @directory:  where it will be, absolute
 * @ret:        as above; the strings of @given are borrowed
 */
int plain_command_environment(Arena *arena, char *const *given, const char *path,
                              const char *directory, char ***ret);
