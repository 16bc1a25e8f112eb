/* Finding managed objects. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

static const WireType *const datastore_faults[] = {&type_InvalidDatastore, NULL};

static const Method search_index[] = {
        {
                "FindAllByDnsName",
                &type_FindAllByDnsNameRequestType,
                FORM_MOREFS,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindAllByIp",
                &type_FindAllByIpRequestType,
                FORM_MOREFS,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindAllByUuid",
                &type_FindAllByUuidRequestType,
                FORM_MOREFS,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindByDatastorePath",
                &type_FindByDatastorePathRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                datastore_faults,
        },
        {
                "FindByDnsName",
                &type_FindByDnsNameRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindByInventoryPath",
                &type_FindByInventoryPathRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindByIp",
                &type_FindByIpRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindByUuid",
                &type_FindByUuidRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "FindChild",
                &type_FindChildRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
};

static const Method view_manager[] = {
        {
                "CreateContainerView",
                &type_CreateContainerViewRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "CreateListView",
                &type_CreateListViewRequestType,
                FORM_MOREF,
                NULL,
                "System.View",
                0,
                no_faults,
        },
};

static const Method view[] = {
        {
                "DestroyView",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
};

MANAGED_TYPE(SearchIndex, search_index, .base = &managed_ManagedObject);
MANAGED_TYPE(ViewManager, view_manager, .base = &managed_ManagedObject);
MANAGED_TYPE(View, view, .base = &managed_ManagedObject);
MANAGED_TYPE_WITHOUT_METHODS(ManagedObjectView, .base = &managed_View);
MANAGED_TYPE_WITHOUT_METHODS(ContainerView, .base = &managed_ManagedObjectView);
MANAGED_TYPE_WITHOUT_METHODS(ListView, .base = &managed_ManagedObjectView);
