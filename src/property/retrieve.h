#pragma once

/*
 * The values of what a property filter selects. Source: vSphere Web Services API,
 * PropertyCollector.
 */

#include "property/select.h"
#include "session/call.h"

#define PATHS_MAX 1024U /* of a filter spec: its property specs, and paths of them */

/* Paths of one type: what all property specs say of it and of the types it derives from. */
typedef struct PathSet PathSet;
struct PathSet {
        const ManagedType *type;
        const char **items; /* each once */
        size_t n;
        bool covered; /* there is a spec for it: without one it is not reported */
        PathSet *next;
};

/* Those of a filter spec, found once for each type that is met. */
typedef struct PathSets {
        const PropertyFilterSpec *spec;
        Arena *arena;
        PathSet *first;
} PathSets;

/**
 * retrieve_check() - look at a filter spec before it is used
 *
 * Return: 0, or negative with InvalidProperty, or InvalidArgument for too many paths, raised in
 * the call.
 */
int retrieve_check(Call *call, const PropertyFilterSpec *spec);

/* Raises the fault for what select_objects() has returned. Return: negative. */
int retrieve_fault(Call *call, int r, const Moref *missing);

/* Return: which paths to read of objects of @type, or NULL without memory. */
const PathSet *retrieve_paths(PathSets *sets, const ManagedType *type);

/**
 * retrieve_property() - one value, if the session may see it
 * @fault:      where not: NoPermission or NotAuthenticated, as a MethodFault in the arena
 *
 * Return: 1, 0 for unset, -EPERM, -ENOENT for a path the type does not have, or -ENOMEM.
 */
int retrieve_property(const PropertyContext *context, const Object *object, const char *path,
                      WireAny *ret, LocalizedMethodFault **fault);

/* All paths of one object. Return: 0 or -ENOMEM; *@ret is NULL for an object no spec covers. */
int retrieve_object(const PropertyContext *context, PathSets *sets, const Object *object,
                    ObjectContent **ret);
