#pragma once

/*
 * Problems: what keeps the agent from its work in the guest's own set-up, as words for the host.
 * Source: PROTOCOL.md, "Facts"; pam.conf(5).
 */

#include "base/base.h"

#define PROBLEMS_MAX 4

typedef struct Setup {
        const char *pam_service;
        const char *const *pam_directories; /* up to NULL */
        const char *pam_file;               /* that counts where there is no such directory */
        uid_t uid;                          /* that the agent runs as */
        bool disabled;                      /* all operations are */
        bool config_invalid;                /* it was changed, and cannot be read */
} Setup;

extern const char *const pam_directories[];
#define PAM_FILE "/etc/pam.conf"

/* Return: how many there are; static texts in @ret. */
size_t problems_find(const Setup *setup, const char *ret[PROBLEMS_MAX]);

/* Has an inotify descriptor tell when they may be others. May be called again. */
void problems_watch(const Setup *setup, int inotify);
