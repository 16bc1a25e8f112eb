#pragma once

/*
 * The tables of properties: one for each managed object type that has some of its own.
 */

#include "property/object.h"
#include "schema/tables.h"

#define PRIVILEGE_ANONYMOUS "System.Anonymous"
#define PRIVILEGE_READ      "System.Read"
#define PRIVILEGE_VIEW      "System.View"

typedef struct PropertyTable {
        const char *type;
        const Property *rows; /* sorted by name */
        size_t n;
} PropertyTable;

/* Keep sorted (strcmp), as the rows of each: they are searched by halves. */
#define PROPERTY_TABLES(X)                                                                         \
        X(ContainerView)                                                                           \
        X(Datacenter)                                                                              \
        X(Folder)                                                                                  \
        X(GuestOperationsManager)                                                                  \
        X(ManagedEntity)                                                                           \
        X(ManagedObjectView)                                                                       \
        X(PropertyCollector)                                                                       \
        X(PropertyFilter)                                                                          \
        X(ServiceInstance)                                                                         \
        X(SessionManager)                                                                          \
        X(Task)                                                                                    \
        X(ViewManager)                                                                             \
        X(VirtualMachine)

#define DECLARE_PROPERTIES(T) extern const PropertyTable properties_##T;
PROPERTY_TABLES(DECLARE_PROPERTIES)
#undef DECLARE_PROPERTIES

#define PROPERTIES(T, rows) const PropertyTable properties_##T = {#T, rows, ELEMENTS(rows)}

/* Of what this service does not have. */
int property_unset(const PropertyContext *context, const Object *object, void *ret);

Moref entity_reference(const Entity *entity);
