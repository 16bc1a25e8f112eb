#pragma once

/*
 * Changes of what clients can read, for those that wait for them. Nobody polls: watchers are told
 * once at the end of the loop's turn, however much has changed in it.
 */

#include "loop/loop.h"

#include <sys/queue.h>

typedef struct ChangesWatch ChangesWatch;
struct ChangesWatch {
        void (*on_change)(ChangesWatch *watch, Usec now);
        uint64_t round; /* in which it was told, or began */
        TAILQ_ENTRY(ChangesWatch) entry;
};

typedef struct Changes {
        Loop *loop; /* NULL when it is done */
        LoopTask tell;
        uint64_t last;      /* the number of the last change; they begin with 1 */
        uint64_t structure; /* of the last that made objects come or go */
        uint64_t round;     /* of telling; who is first in line has not been told in it */
        TAILQ_HEAD(ChangesWatches, ChangesWatch) watches;
} Changes;

void changes_init(Changes *changes, Loop *loop);
/* From here on nobody is told of anything. */
void changes_done(Changes *changes);

/* A value has changed. Return: the number of that change. */
uint64_t changes_note(Changes *changes);

/* Objects have come or gone. */
void changes_note_structure(Changes *changes);

/* The watch may be taken away from within its own or another's on_change(). */
void changes_watch(Changes *changes, ChangesWatch *watch);
void changes_unwatch(Changes *changes, ChangesWatch *watch);
