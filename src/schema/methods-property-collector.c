/* The property collector. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

static const WireType *const filter_faults[] = {
        &type_InvalidArgument,
        &type_InvalidProperty,
        &type_InvalidType,
        &type_ManagedObjectNotFound,
        NULL,
};
static const WireType *const token_faults[] = {&type_InvalidArgument, NULL};
static const WireType *const wait_faults[] = {&type_InvalidCollectorVersion, &type_RequestCanceled,
                                              NULL};

/* Retrieving needs no session: each property asks for its own privilege. */
static const Method property_collector[] = {
        {
                "CancelRetrievePropertiesEx",
                &type_CancelRetrievePropertiesExRequestType,
                FORM_NONE,
                NULL,
                "System.Read",
                0,
                token_faults,
        },
        {
                "CancelWaitForUpdates",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "CheckForUpdates",
                &type_CheckForUpdatesRequestType,
                FORM_OBJECT,
                &type_UpdateSet,
                "System.View",
                0,
                wait_faults,
        },
        {
                "ContinueRetrievePropertiesEx",
                &type_ContinueRetrievePropertiesExRequestType,
                FORM_OBJECT,
                &type_RetrieveResult,
                "System.Read",
                0,
                token_faults,
        },
        {
                "CreateFilter",
                &type_CreateFilterRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                filter_faults,
        },
        {
                "CreatePropertyCollector",
                &type_NoParameters,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "DestroyPropertyCollector",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "RetrieveProperties",
                &type_RetrievePropertiesRequestType,
                FORM_OBJECTS,
                &type_ObjectContent,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                filter_faults,
        },
        {
                "RetrievePropertiesEx",
                &type_RetrievePropertiesExRequestType,
                FORM_OBJECT,
                &type_RetrieveResult,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                filter_faults,
        },
        {
                "WaitForUpdates",
                &type_WaitForUpdatesRequestType,
                FORM_OBJECT,
                &type_UpdateSet,
                "System.View",
                0,
                wait_faults,
        },
        {
                "WaitForUpdatesEx",
                &type_WaitForUpdatesExRequestType,
                FORM_OBJECT,
                &type_UpdateSet,
                "System.View",
                0,
                wait_faults,
        },
};

static const Method property_filter[] = {
        {
                "DestroyPropertyFilter",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
};

MANAGED_TYPE(PropertyCollector, property_collector, .base = &managed_ManagedObject);
MANAGED_TYPE(PropertyFilter, property_filter, .base = &managed_ManagedObject);
