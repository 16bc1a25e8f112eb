#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
        const char *program;
        LogLevel max;
        bool journal;
} log_state = {"guestops", LOG_LEVEL_INFO, false};

static const struct {
        const char *word;
        int priority; /* syslog(3) */
} levels[] = {
        [LOG_LEVEL_ERROR] = {"error", 3},
        [LOG_LEVEL_WARNING] = {"warning", 4},
        [LOG_LEVEL_INFO] = {"info", 6},
        [LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_open(const char *program, LogLevel max)
{
        log_state.program = program;
        log_state.max = max;
        log_state.journal = getenv("JOURNAL_STREAM") != NULL; /* NOLINT(concurrency-mt-unsafe) */
}

int log_level_parse(const char *word, LogLevel *ret)
{
        for (size_t i = 0; i < ELEMENTS(levels); i++)
                if (strcmp(word, levels[i].word) == 0) {
                        *ret = (LogLevel)i;
                        return 0;
                }
        return -EINVAL;
}

/* What comes from a peer must not forge a second line, nor steer a terminal. */
static void defuse(char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        *text = '?';
}

void log_write(LogLevel level, const char *fmt, ...)
{
        char line[1024];
        int saved = errno;
        va_list ap;

        if (level > log_state.max)
                return;
        va_start(ap, fmt);
        (void)vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        defuse(line);
        if (log_state.journal)
                (void)fprintf(stderr, "<%d>%s\n", levels[level].priority, line);
        else
                (void)fprintf(stderr, "%s: %s: %s\n", log_state.program, levels[level].word, line);
        errno = saved;
}
