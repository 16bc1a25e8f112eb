#pragma once

/*
 * Which objects a property filter is about: the objects that it names, and those that its
 * traversal specs lead to from there. Source: vSphere Web Services API, ObjectSpec, TraversalSpec.
 */

#include "property/object.h"

#define SELECT_STEPS_MAX 400000U /* for one call, and for all filters of a session */

typedef struct Selection {
        Object *items; /* each once, in the order in which they were reached */
        size_t n;
} Selection;

/**
 * select_objects() - follow the specs
 * @steps:      how many may still be taken, lessened by those that were: a traversal spec that is
 *              tried on an object is one, and so is a reference that is followed
 * @missing:    the object, where the result is -ENOENT or -EPERM
 *
 * Selection specs name traversal specs of the same object spec, defined before, behind, or not at
 * all; cycles end. What the session may not read leads nowhere. All lies in the context's arena.
 *
 * Return: 0, -ENOENT, -EPERM for a session that may not see objects, -E2BIG for too many traversal
 * specs or steps, or -ENOMEM.
 */
int select_objects(const PropertyContext *context, const PropertyFilterSpec *spec, size_t *steps,
                   Selection *ret, const Moref **missing);
