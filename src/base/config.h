#pragma once

/*
 * Configuration files: [section] key = value, described by a table of keys and stored into a
 * struct. Everything that is wrong in a file is logged with its file, section and key.
 */

#include "base/base.h"

typedef enum ConfigKind {
        CONFIG_STRING,  /* char *, owned by the struct; may not be empty */
        CONFIG_BOOL,    /* bool; true, yes, 1, false, no, 0 */
        CONFIG_SECONDS, /* Usec, written as whole seconds */
        CONFIG_MSEC,    /* Usec, written as whole milliseconds */
        CONFIG_COUNT,   /* size_t */
        CONFIG_PORT,    /* uint16_t */
} ConfigKind;

typedef struct ConfigKey {
        const char *section, *key;
        ConfigKind kind;
        size_t offset;
        uint64_t min, max; /* of numbers, as written in the file */
} ConfigKey;

/**
 * config_read() - store what @path says into @target
 * @on_other:   asked for keys that are in no row; -ENOENT for one that it does not know either,
 *              -EINVAL for a bad value; NULL where there are no others
 *
 * Return: 0, -ENOENT where there is no file (not logged), -EINVAL, -EIO or -ENOMEM.
 */
int config_read(const char *path, const ConfigKey *keys, size_t n_keys, void *target,
                int (*on_other)(void *target, const char *section, const char *key,
                                const char *value));

/* Return: 0 or -EINVAL. */
int config_parse_bool(const char *text, bool *ret);

/* Replaces *@at by a copy of @value. Return: 0 or -ENOMEM. */
int config_set_string(char **at, const char *value);

/* Makes a path absolute that is relative to the directory of @file. NULL stays. */
int config_resolve_path(char **path, const char *file);
