#pragma once

/*
 * Filter: a filter spec, and what its client has been told of it. Of each value only a digest is
 * kept. Source: vSphere Web Services API, PropertyFilter, UpdateSet.
 */

#include "property/retrieve.h"

typedef struct Filter Filter;

/* Copies the spec. Return: NULL without memory. */
Filter *filter_new(const PropertyFilterSpec *spec, bool partial_updates);
Filter *filter_free(Filter *filter);
DEFINE_CLEANUP(Filter, filter_free)

const PropertyFilterSpec *filter_spec(const Filter *filter);
bool filter_has_partial_updates(const Filter *filter);

/* Return: how many steps its last selection took. */
size_t filter_steps(const Filter *filter);

/* Return: how many bytes of memory it holds. */
size_t filter_bytes(const Filter *filter);

/* Forgets what the client has been told: all is news again. */
void filter_forget(Filter *filter);

/**
 * filter_updates() - what the client has not been told yet
 * @own:        own_generation() of the session
 * @steps:      as select_objects()
 * @room:       how many object updates may still be told; lessened by those that are
 * @ret:        ObjectUpdate, in the context's arena
 * @ret_more:   set where there was no room for all
 *
 * What is returned counts as told, and after a failure the client has to be told all anew.
 *
 * Return: 0, -E2BIG as select_objects(), or -ENOMEM.
 */
int filter_updates(Filter *filter, const PropertyContext *context, uint64_t own, size_t *steps,
                   size_t *room, WireObjects *ret, bool *ret_more);
