#pragma once

/*
 * The values of what a property filter selects. Source: vSphere Web Services API,
 * PropertyCollector.
 */

#include "property/select.h"
#include "session/call.h"

/* Paths of one object: what all property specs say of its type and of the types it derives from. */
typedef struct PathSet {
        const char **items; /* each once */
        size_t n;
        bool covered; /* there is a spec for it: without one it is not reported */
} PathSet;

/**
 * retrieve_check() - look at a filter spec before it is used
 *
 * Return: 0, or negative with InvalidProperty or InvalidArgument raised in the call.
 */
int retrieve_check(Call *call, const PropertyFilterSpec *spec);

/* Raises the fault for what select_objects() has returned. Return: negative. */
int retrieve_fault(Call *call, int r, const Moref *missing);

/* Return: whether a property spec is about objects of @type. Others are not reported. */
bool retrieve_covers(const PropertyFilterSpec *spec, const ManagedType *type);

/* Which paths to read of objects of @type. Return: 0 or -ENOMEM. */
int retrieve_paths(Arena *arena, const PropertyFilterSpec *spec, const ManagedType *type,
                   PathSet *ret);

/**
 * retrieve_property() - one value, if the session may see it
 * @fault:      where not: NoPermission or NotAuthenticated, as a MethodFault in the arena
 *
 * Return: 1, 0 for unset, -EPERM, -ENOENT for a path the type does not have, or -ENOMEM.
 */
int retrieve_property(const PropertyContext *context, const Object *object, const char *path,
                      WireAny *ret, LocalizedMethodFault **fault);

/* All paths of one object. Return: 0 or -ENOMEM; *@ret is NULL for an object no spec covers. */
int retrieve_object(const PropertyContext *context, const PropertyFilterSpec *spec,
                    const Object *object, ObjectContent **ret);
