#pragma once

/*
 * Which objects a property filter is about: the objects that it names, and those that its
 * traversal specs lead to from there. Source: vSphere Web Services API, ObjectSpec, TraversalSpec.
 */

#include "property/object.h"

typedef struct Selection {
        Object *items; /* each once, in the order in which they were reached */
        size_t n;
} Selection;

/**
 * select_objects() - follow the specs
 * @missing:    the object, where the result is -ENOENT or -EPERM
 *
 * Selection specs name traversal specs of the same object spec, defined before, behind, or not at
 * all; cycles end. All lies in the context's arena.
 *
 * Return: 0, -ENOENT, -EPERM for a session that may not see objects, -E2BIG for too many traversal
 * specs, or -ENOMEM.
 */
int select_objects(const PropertyContext *context, const PropertyFilterSpec *spec, Selection *ret,
                   const Moref **missing);
