#pragma once

/* Tells when the configuration file has been written or replaced. Source: inotify(7). */

#include "loop/loop.h"

typedef struct ConfigWatch {
        LoopIo io;
        char *name; /* of the file in its directory */
        void (*on_change)(struct ConfigWatch *watch);
} ConfigWatch;

/* Return: 0, or a negative errno; -ENOENT where there is no such directory. */
int config_watch_init(ConfigWatch *watch, Loop *loop, const char *path,
                      void (*on_change)(ConfigWatch *watch));
void config_watch_done(ConfigWatch *watch);
