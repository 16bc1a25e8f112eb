#pragma once

/*
 * The tables of properties: one for each managed object type that has some of its own.
 */

#include "property/object.h"
#include "schema/tables.h"

#define PRIVILEGE_ANONYMOUS "System.Anonymous"
#define PRIVILEGE_READ      "System.Read"
#define PRIVILEGE_VIEW      "System.View"

#define STATUS_UNKNOWN "gray" /* ManagedEntityStatus */

typedef struct PropertyTable {
        const char *type;
        const Property *rows; /* sorted by name */
        size_t n;
} PropertyTable;

/* Keep sorted (strcmp), as the rows of each: they are searched by halves. */
#define PROPERTY_TABLES(X)                                                                         \
        X(ClusterComputeResource)                                                                  \
        X(ComputeResource)                                                                         \
        X(ContainerView)                                                                           \
        X(Datacenter)                                                                              \
        X(Datastore)                                                                               \
        X(DistributedVirtualSwitch)                                                                \
        X(Folder)                                                                                  \
        X(GuestOperationsManager)                                                                  \
        X(HostSystem)                                                                              \
        X(ManagedEntity)                                                                           \
        X(ManagedObjectView)                                                                       \
        X(Network)                                                                                 \
        X(PropertyCollector)                                                                       \
        X(PropertyFilter)                                                                          \
        X(ResourcePool)                                                                            \
        X(ServiceInstance)                                                                         \
        X(SessionManager)                                                                          \
        X(Task)                                                                                    \
        X(ViewManager)                                                                             \
        X(VirtualApp)                                                                              \
        X(VirtualMachine)

#define DECLARE_PROPERTIES(T) extern const PropertyTable properties_##T;
PROPERTY_TABLES(DECLARE_PROPERTIES)
#undef DECLARE_PROPERTIES

#define PROPERTIES(T, rows) const PropertyTable properties_##T = {#T, rows, ELEMENTS(rows)}

/* Of what this service does not have, or does not know. */
int property_unset(const PropertyContext *context, const Object *object, void *ret);
/* Of an array without items. */
int property_empty(const PropertyContext *context, const Object *object, void *ret);

/* Ends a getter of a data object. @value NULL: there was no memory for it. */
int property_object(void *value, void *ret);

/* Ends a getter of a reference. @entity NULL: unset. */
int property_entity(const Entity *entity, void *ret);

/* Of what is the same for all objects: the machines of this host, and the pool they are in. */
int property_all_vms(const PropertyContext *context, const Object *object, void *ret);
int property_resource_pool(const PropertyContext *context, const Object *object, void *ret);

Moref entity_reference(const Entity *entity);
/* Return: 0, or -ENOMEM. */
int entity_references(Arena *arena, const struct Entities *entities, WireMorefs *ret);
