#pragma once

/*
 * What the tables in methods-*.c are made with, and the list of what they define.
 */

#include "schema/method.h"

/* Keep sorted (strcmp): it is searched by halves. */
#define MANAGED_TYPES(X)                                                                           \
        X(ClusterComputeResource)                                                                  \
        X(ComputeResource)                                                                         \
        X(ContainerView)                                                                           \
        X(Datacenter)                                                                              \
        X(Datastore)                                                                               \
        X(DistributedVirtualSwitch)                                                                \
        X(Folder)                                                                                  \
        X(GuestAuthManager)                                                                        \
        X(GuestFileManager)                                                                        \
        X(GuestOperationsManager)                                                                  \
        X(GuestProcessManager)                                                                     \
        X(HostSystem)                                                                              \
        X(ListView)                                                                                \
        X(ManagedEntity)                                                                           \
        X(ManagedObject)                                                                           \
        X(ManagedObjectView)                                                                       \
        X(Network)                                                                                 \
        X(PropertyCollector)                                                                       \
        X(PropertyFilter)                                                                          \
        X(ResourcePool)                                                                            \
        X(SearchIndex)                                                                             \
        X(ServiceInstance)                                                                         \
        X(SessionManager)                                                                          \
        X(Task)                                                                                    \
        X(View)                                                                                    \
        X(ViewManager)                                                                             \
        X(VirtualApp)                                                                              \
        X(VirtualMachine)

#define DECLARE_MANAGED_TYPE(T) extern const ManagedType managed_##T;
MANAGED_TYPES(DECLARE_MANAGED_TYPE)
#undef DECLARE_MANAGED_TYPE

#define MANAGED_TYPE(T, rows, ...)                                                                 \
        const ManagedType managed_##T = {                                                          \
                .name = #T,                                                                        \
                .methods = (rows),                                                                 \
                .n_methods = ELEMENTS(rows),                                                       \
                ##__VA_ARGS__,                                                                     \
        }
#define MANAGED_TYPE_WITHOUT_METHODS(T, ...)                                                       \
        const ManagedType managed_##T = {.name = #T, ##__VA_ARGS__}

/* Of a method that documents none. */
extern const WireType *const no_faults[];
