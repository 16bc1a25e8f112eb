#pragma once

/*
 * The property collector: what a client asks for, and what it is told.
 *
 * Where vSphere calls a managed object type's name "type", the member here is managed_type: `type`
 * is what every data object begins with.
 */

#include "schema/types-fault.h"

/* what is asked for: objects, how to go on from them, and their properties */

typedef struct SelectionSpec {
        const WireType *type;
        char *name;
} SelectionSpec;

typedef struct TraversalSpec {
        SelectionSpec base;
        char *managed_type;
        char *path;
        WireBool skip;
        WireObjects select_set; /* SelectionSpec */
} TraversalSpec;

typedef struct ObjectSpec {
        const WireType *type;
        Moref obj;
        WireBool skip;
        WireObjects select_set; /* SelectionSpec */
} ObjectSpec;

typedef struct PropertySpec {
        const WireType *type;
        char *managed_type;
        WireBool all;
        WireStrings path_set;
} PropertySpec;

typedef struct PropertyFilterSpec {
        const WireType *type;
        WireObjects prop_set;   /* PropertySpec */
        WireObjects object_set; /* ObjectSpec */
        WireBool report_missing_objects_in_results;
} PropertyFilterSpec;

typedef struct RetrieveOptions {
        const WireType *type;
        WireInt max_objects;
} RetrieveOptions;

typedef struct WaitOptions {
        const WireType *type;
        WireInt max_wait_seconds;
        WireInt max_object_updates;
} WaitOptions;

/* what is answered */

typedef struct DynamicProperty {
        const WireType *type;
        char *name;
        WireAny val;
} DynamicProperty;

typedef struct MissingProperty {
        const WireType *type;
        char *path;
        LocalizedMethodFault *fault;
} MissingProperty;

typedef struct MissingObject {
        const WireType *type;
        Moref obj;
        LocalizedMethodFault *fault;
} MissingObject;

typedef struct ObjectContent {
        const WireType *type;
        Moref obj;
        WireObjects prop_set;    /* DynamicProperty */
        WireObjects missing_set; /* MissingProperty */
} ObjectContent;

typedef struct RetrieveResult {
        const WireType *type;
        char *token;
        WireObjects objects; /* ObjectContent */
} RetrieveResult;

typedef struct PropertyChange {
        const WireType *type;
        char *name;
        char *op;
        WireAny val;
} PropertyChange;

typedef struct ObjectUpdate {
        const WireType *type;
        char *kind;
        Moref obj;
        WireObjects change_set;  /* PropertyChange */
        WireObjects missing_set; /* MissingProperty */
} ObjectUpdate;

typedef struct PropertyFilterUpdate {
        const WireType *type;
        Moref filter;
        WireObjects object_set;  /* ObjectUpdate */
        WireObjects missing_set; /* MissingObject */
} PropertyFilterUpdate;

typedef struct UpdateSet {
        const WireType *type;
        char *version;
        WireObjects filter_set; /* PropertyFilterUpdate */
        WireBool truncated;
} UpdateSet;

/* methods */

typedef struct RetrievePropertiesRequestType {
        const WireType *type;
        WireObjects spec_set; /* PropertyFilterSpec */
} RetrievePropertiesRequestType;

typedef struct RetrievePropertiesExRequestType {
        const WireType *type;
        WireObjects spec_set; /* PropertyFilterSpec */
        RetrieveOptions *options;
} RetrievePropertiesExRequestType;

typedef struct ContinueRetrievePropertiesExRequestType {
        const WireType *type;
        char *token;
} ContinueRetrievePropertiesExRequestType;

typedef struct CancelRetrievePropertiesExRequestType {
        const WireType *type;
        char *token;
} CancelRetrievePropertiesExRequestType;

typedef struct CreateFilterRequestType {
        const WireType *type;
        PropertyFilterSpec *spec;
        bool partial_updates;
} CreateFilterRequestType;

typedef struct CheckForUpdatesRequestType {
        const WireType *type;
        char *version;
} CheckForUpdatesRequestType;

typedef struct WaitForUpdatesRequestType {
        const WireType *type;
        char *version;
} WaitForUpdatesRequestType;

typedef struct WaitForUpdatesExRequestType {
        const WireType *type;
        char *version;
        WaitOptions *options;
} WaitForUpdatesExRequestType;

/*
 * Of a method that every managed object has and no document names; clients read single properties
 * with it. Source: pyVmomi, which sends it.
 */
typedef struct FetchRequestType {
        const WireType *type;
        char *prop;
} FetchRequestType;

#define TYPES_PROPERTY_COLLECTOR(X)                                                                \
        X(CancelRetrievePropertiesExRequestType)                                                   \
        X(CheckForUpdatesRequestType)                                                              \
        X(ContinueRetrievePropertiesExRequestType)                                                 \
        X(CreateFilterRequestType)                                                                 \
        X(DynamicProperty)                                                                         \
        X(FetchRequestType)                                                                        \
        X(MissingObject)                                                                           \
        X(MissingProperty)                                                                         \
        X(ObjectContent)                                                                           \
        X(ObjectSpec)                                                                              \
        X(ObjectUpdate)                                                                            \
        X(ObjectUpdateKind)                                                                        \
        X(PropertyChange)                                                                          \
        X(PropertyChangeOp)                                                                        \
        X(PropertyFilterSpec)                                                                      \
        X(PropertyFilterUpdate)                                                                    \
        X(PropertySpec)                                                                            \
        X(RetrieveOptions)                                                                         \
        X(RetrievePropertiesExRequestType)                                                         \
        X(RetrievePropertiesRequestType)                                                           \
        X(RetrieveResult)                                                                          \
        X(SelectionSpec)                                                                           \
        X(TraversalSpec)                                                                           \
        X(UpdateSet)                                                                               \
        X(WaitForUpdatesExRequestType)                                                             \
        X(WaitForUpdatesRequestType)                                                               \
        X(WaitOptions)
