#pragma once

/*
 * Collector: a property collector of one session, with its filters. The one that everybody knows,
 * `propertyCollector`, is another for each session. Source: vSphere Web Services API,
 * PropertyCollector.
 */

#include "property/filter.h"
#include "property/own.h"

#define FILTERS_MAX 64U /* of one session */

typedef struct Collector Collector;

/* Whoever waits for a collector's updates. */
typedef struct CollectorWait CollectorWait;
struct CollectorWait {
        /* The session has other views, filters or collectors: to be looked at, but not at once. */
        void (*on_change)(CollectorWait *wait);
        /* The collector has ended, or its session. */
        void (*on_end)(CollectorWait *wait);
};

/* Makes one with an id of its own. Return: 0, -EUSERS, -ENOMEM. */
int collector_new(Session *session, Collector **ret);

/* Return: 0; the collector of that id, made where it is the one that everybody knows; -ENOMEM. */
int collector_get(Session *session, const char *moid, Collector **ret);

/* Ends it with its filters. The one that everybody knows is made anew when it is asked for. */
void collector_end(Collector *collector);

const char *collector_moid(const Collector *collector);

/* Return: 0, -EUSERS, -ENOMEM. @ret_moid: of the filter, borrowed. */
int collector_add_filter(Collector *collector, const PropertyFilterSpec *spec, bool partial_updates,
                         const char **ret_moid);

/* One may wait; NULL: nobody does. */
void collector_set_wait(Collector *collector, CollectorWait *wait);
CollectorWait *collector_wait(const Collector *collector);

/**
 * collector_updates() - what the client has not been told
 * @version:    of the client's last update set; NULL or "" for all
 * @room:       object updates at most
 * @ret:        NULL where there is nothing new
 *
 * After a failure but -ESTALE the client has to begin anew, for updates are lost.
 *
 * Return: 0, -ESTALE for another version, -E2BIG as select_objects(), -EUSERS where the session
 * holds too much, or -ENOMEM.
 */
int collector_updates(Collector *collector, const PropertyContext *context, const char *version,
                      size_t room, UpdateSet **ret);
