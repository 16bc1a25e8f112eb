/*
 * Types that the inventory has no objects of. Clients name them and their properties all the same,
 * when they say how to walk through it.
 *
 * Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "property/tables.h"

static const Property cluster[] = {
        {"actionHistory", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"configuration", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"drsFault", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"drsRecommendation", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"hciConfig", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"migrationHistory", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"recommendation", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(ClusterComputeResource, cluster);

static const Property datastore[] = {
        {"browser", FORM_MOREF, NULL, PRIVILEGE_READ, property_unset},
        {"capability", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"host", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"info", FORM_OBJECT, &type_DatastoreInfo, PRIVILEGE_READ, property_unset},
        {"iormConfiguration", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"summary", FORM_OBJECT, &type_DatastoreSummary, PRIVILEGE_READ, property_unset},
        {"vm", FORM_MOREFS, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(Datastore, datastore);

static const Property distributed_switch[] = {
        {"capability", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"config", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"networkResourcePool", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"portgroup", FORM_MOREFS, NULL, PRIVILEGE_READ, property_unset},
        {"runtime", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"summary", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"uuid", FORM_STRING, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(DistributedVirtualSwitch, distributed_switch);

static const Property network[] = {
        {"host", FORM_MOREFS, NULL, PRIVILEGE_READ, property_unset},
        {"summary", FORM_OBJECT, &type_NetworkSummary, PRIVILEGE_READ, property_unset},
        {"vm", FORM_MOREFS, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(Network, network);

static const Property virtual_app[] = {
        {"childLink", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_unset},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_unset},
        {"parentFolder", FORM_MOREF, NULL, PRIVILEGE_VIEW, property_unset},
        {"parentVApp", FORM_MOREF, NULL, PRIVILEGE_READ, property_unset},
        {"vAppConfig", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(VirtualApp, virtual_app);
