#pragma once

/*
 * Log: one line per event on stderr, with the syslog priority in front when the journal listens.
 *
 * Source of the prefix: sd-daemon(3), "<N>". Never log a secret, nor the arguments of a program.
 */

#include "base/base.h"

typedef enum LogLevel {
        LOG_LEVEL_ERROR,
        LOG_LEVEL_WARNING,
        LOG_LEVEL_INFO,
        LOG_LEVEL_DEBUG,
} LogLevel;

/* Sets the most talkative level that is written, and the program's name for a terminal. */
void log_open(const char *program, LogLevel max);

/* Return: 0, or -EINVAL for a word that is no level. Words: error warning info debug. */
int log_level_parse(const char *word, LogLevel *ret);

void log_write(LogLevel level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
