#include "inventory/changes.h"

static int on_tell(LoopTask *task, Usec now)
{
        Changes *changes = container_of(task, Changes, tell);
        ChangesWatch *watch;

        changes->round++;
        /* Each goes to the end of the line first, for it may take away itself or another. */
        while ((watch = TAILQ_FIRST(&changes->watches)) && watch->round != changes->round) {
                TAILQ_REMOVE(&changes->watches, watch, entry);
                TAILQ_INSERT_TAIL(&changes->watches, watch, entry);
                watch->round = changes->round;
                watch->on_change(watch, now);
        }
        return 0;
}

void changes_init(Changes *changes, Loop *loop)
{
        *changes = (Changes){.loop = loop, .tell.run = on_tell};
        TAILQ_INIT(&changes->watches);
}

void changes_done(Changes *changes)
{
        loop_task_cancel(&changes->tell);
        changes->loop = NULL;
}

uint64_t changes_note(Changes *changes)
{
        if (changes->loop && !TAILQ_EMPTY(&changes->watches))
                loop_defer(changes->loop, &changes->tell);
        return ++changes->last;
}

void changes_note_structure(Changes *changes)
{
        changes->structure = changes_note(changes);
}

void changes_watch(Changes *changes, ChangesWatch *watch)
{
        watch->round = changes->round;
        TAILQ_INSERT_TAIL(&changes->watches, watch, entry);
}

void changes_unwatch(Changes *changes, ChangesWatch *watch)
{
        TAILQ_REMOVE(&changes->watches, watch, entry);
}
