#pragma once

/*
 * Sessions: how many users are logged in here, on terminals, by network and on screens.
 *
 * Source: logind's state files (systemd-logind.service(8), sd_session_get_class(3)), utmp(5),
 * inotify(7).
 */

#include "base/base.h"

#define SESSIONS_MAX 1000 /* more are not counted */

typedef struct SessionPlaces {
        const char *logind; /* directory of its sessions */
        const char *utmp;   /* where there is no logind */
} SessionPlaces;

extern const SessionPlaces session_places;

/* Return: how many, or -ENOENT where nobody keeps count. */
int sessions_count(const SessionPlaces *places);

/* Has an inotify descriptor tell when that may be another number. May be called again. */
void sessions_watch(const SessionPlaces *places, int inotify);
