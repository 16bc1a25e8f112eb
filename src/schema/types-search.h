#pragma once

/* Finding managed objects: SearchIndex and ViewManager. */

#include "schema/type.h"

/* SearchIndex */

typedef struct FindByUuidRequestType {
        const WireType *type;
        Moref datacenter;
        char *uuid;
        bool vm_search;
        WireBool instance_uuid;
} FindByUuidRequestType;

typedef struct FindAllByUuidRequestType {
        const WireType *type;
        Moref datacenter;
        char *uuid;
        bool vm_search;
        WireBool instance_uuid;
} FindAllByUuidRequestType;

typedef struct FindByInventoryPathRequestType {
        const WireType *type;
        char *inventory_path;
} FindByInventoryPathRequestType;

typedef struct FindByDatastorePathRequestType {
        const WireType *type;
        Moref datacenter;
        char *path;
} FindByDatastorePathRequestType;

typedef struct FindByDnsNameRequestType {
        const WireType *type;
        Moref datacenter;
        char *dns_name;
        bool vm_search;
} FindByDnsNameRequestType;

typedef struct FindAllByDnsNameRequestType {
        const WireType *type;
        Moref datacenter;
        char *dns_name;
        bool vm_search;
} FindAllByDnsNameRequestType;

typedef struct FindByIpRequestType {
        const WireType *type;
        Moref datacenter;
        char *ip;
        bool vm_search;
} FindByIpRequestType;

typedef struct FindAllByIpRequestType {
        const WireType *type;
        Moref datacenter;
        char *ip;
        bool vm_search;
} FindAllByIpRequestType;

typedef struct FindChildRequestType {
        const WireType *type;
        Moref entity;
        char *name;
} FindChildRequestType;

/* ViewManager */

typedef struct CreateContainerViewRequestType {
        const WireType *type;
        Moref container;
        WireStrings managed_types;
        bool recursive;
} CreateContainerViewRequestType;

typedef struct CreateListViewRequestType {
        const WireType *type;
        WireMorefs obj;
} CreateListViewRequestType;

#define TYPES_SEARCH(X)                                                                            \
        X(CreateContainerViewRequestType)                                                          \
        X(CreateListViewRequestType)                                                               \
        X(FindAllByDnsNameRequestType)                                                             \
        X(FindAllByIpRequestType)                                                                  \
        X(FindAllByUuidRequestType)                                                                \
        X(FindByDatastorePathRequestType)                                                          \
        X(FindByDnsNameRequestType)                                                                \
        X(FindByInventoryPathRequestType)                                                          \
        X(FindByIpRequestType)                                                                     \
        X(FindByUuidRequestType)                                                                   \
        X(FindChildRequestType)
