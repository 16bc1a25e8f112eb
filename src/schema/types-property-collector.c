/* The property collector. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

static const WireField selection_spec[] = {
        {"name", AT(SelectionSpec, name), OPTIONAL},
};
DEFINE_TYPE(SelectionSpec, selection_spec);

static const WireField traversal_spec[] = {
        {"type", AT(TraversalSpec, managed_type), REQUIRED},
        {"path", AT(TraversalSpec, path), REQUIRED},
        {"skip", AT(TraversalSpec, skip), OPTIONAL},
        {"selectSet", AT(TraversalSpec, select_set), OPTIONAL, &type_SelectionSpec},
};
DEFINE_TYPE(TraversalSpec, traversal_spec, .base = &type_SelectionSpec);

static const WireField object_spec[] = {
        {"obj", AT(ObjectSpec, obj), REQUIRED},
        {"skip", AT(ObjectSpec, skip), OPTIONAL},
        {"selectSet", AT(ObjectSpec, select_set), OPTIONAL, &type_SelectionSpec},
};
DEFINE_TYPE(ObjectSpec, object_spec);

static const WireField property_spec[] = {
        {"type", AT(PropertySpec, managed_type), REQUIRED},
        {"all", AT(PropertySpec, all), OPTIONAL},
        {"pathSet", AT(PropertySpec, path_set), OPTIONAL},
};
DEFINE_TYPE(PropertySpec, property_spec);

static const WireField property_filter_spec[] = {
        {"propSet", AT(PropertyFilterSpec, prop_set), REQUIRED, &type_PropertySpec},
        {"objectSet", AT(PropertyFilterSpec, object_set), REQUIRED, &type_ObjectSpec},
        {"reportMissingObjectsInResults", AT(PropertyFilterSpec, report_missing_objects_in_results),
         OPTIONAL},
};
DEFINE_TYPE(PropertyFilterSpec, property_filter_spec);

static const WireField retrieve_options[] = {
        {"maxObjects", AT(RetrieveOptions, max_objects), OPTIONAL},
};
DEFINE_TYPE(RetrieveOptions, retrieve_options);

static const WireField wait_options[] = {
        {"maxWaitSeconds", AT(WaitOptions, max_wait_seconds), OPTIONAL},
        {"maxObjectUpdates", AT(WaitOptions, max_object_updates), OPTIONAL},
};
DEFINE_TYPE(WaitOptions, wait_options);

static const WireField dynamic_property[] = {
        {"name", AT(DynamicProperty, name), REQUIRED},
        {"val", AT(DynamicProperty, val), REQUIRED},
};
DEFINE_TYPE(DynamicProperty, dynamic_property);

static const WireField missing_property[] = {
        {"path", AT(MissingProperty, path), REQUIRED},
        {"fault", POINTS(MissingProperty, fault, LocalizedMethodFault), REQUIRED,
         &type_LocalizedMethodFault},
};
DEFINE_TYPE(MissingProperty, missing_property);

static const WireField missing_object[] = {
        {"obj", AT(MissingObject, obj), REQUIRED},
        {"fault", POINTS(MissingObject, fault, LocalizedMethodFault), REQUIRED,
         &type_LocalizedMethodFault},
};
DEFINE_TYPE(MissingObject, missing_object);

static const WireField object_content[] = {
        {"obj", AT(ObjectContent, obj), REQUIRED},
        {"propSet", AT(ObjectContent, prop_set), OPTIONAL, &type_DynamicProperty},
        {"missingSet", AT(ObjectContent, missing_set), OPTIONAL, &type_MissingProperty},
};
DEFINE_TYPE(ObjectContent, object_content);

static const WireField retrieve_result[] = {
        {"token", AT(RetrieveResult, token), OPTIONAL},
        {"objects", AT(RetrieveResult, objects), REQUIRED, &type_ObjectContent},
};
DEFINE_TYPE(RetrieveResult, retrieve_result);

DEFINE_ENUM(ObjectUpdateKind, "modify", "enter", "leave");
DEFINE_ENUM(PropertyChangeOp, "add", "remove", "assign", "indirectRemove");

static const WireField property_change[] = {
        {"name", AT(PropertyChange, name), REQUIRED},
        {"op", AT(PropertyChange, op), REQUIRED, &type_PropertyChangeOp},
        {"val", AT(PropertyChange, val), OPTIONAL},
};
DEFINE_TYPE(PropertyChange, property_change);

static const WireField object_update[] = {
        {"kind", AT(ObjectUpdate, kind), REQUIRED, &type_ObjectUpdateKind},
        {"obj", AT(ObjectUpdate, obj), REQUIRED},
        {"changeSet", AT(ObjectUpdate, change_set), OPTIONAL, &type_PropertyChange},
        {"missingSet", AT(ObjectUpdate, missing_set), OPTIONAL, &type_MissingProperty},
};
DEFINE_TYPE(ObjectUpdate, object_update);

static const WireField property_filter_update[] = {
        {"filter", AT(PropertyFilterUpdate, filter), REQUIRED},
        {"objectSet", AT(PropertyFilterUpdate, object_set), OPTIONAL, &type_ObjectUpdate},
        {"missingSet", AT(PropertyFilterUpdate, missing_set), OPTIONAL, &type_MissingObject},
};
DEFINE_TYPE(PropertyFilterUpdate, property_filter_update);

static const WireField update_set[] = {
        {"version", AT(UpdateSet, version), REQUIRED},
        {"filterSet", AT(UpdateSet, filter_set), OPTIONAL, &type_PropertyFilterUpdate},
        {"truncated", AT(UpdateSet, truncated), OPTIONAL},
};
DEFINE_TYPE(UpdateSet, update_set);

static const WireField retrieve_properties[] = {
        {"specSet", AT(RetrievePropertiesRequestType, spec_set), REQUIRED,
         &type_PropertyFilterSpec},
};
DEFINE_TYPE(RetrievePropertiesRequestType, retrieve_properties);

static const WireField retrieve_properties_ex[] = {
        {"specSet", AT(RetrievePropertiesExRequestType, spec_set), REQUIRED,
         &type_PropertyFilterSpec},
        {"options", POINTS(RetrievePropertiesExRequestType, options, RetrieveOptions), REQUIRED,
         &type_RetrieveOptions},
};
DEFINE_TYPE(RetrievePropertiesExRequestType, retrieve_properties_ex);

static const WireField continue_retrieve_properties_ex[] = {
        {"token", AT(ContinueRetrievePropertiesExRequestType, token), REQUIRED},
};
DEFINE_TYPE(ContinueRetrievePropertiesExRequestType, continue_retrieve_properties_ex);

static const WireField cancel_retrieve_properties_ex[] = {
        {"token", AT(CancelRetrievePropertiesExRequestType, token), REQUIRED},
};
DEFINE_TYPE(CancelRetrievePropertiesExRequestType, cancel_retrieve_properties_ex);

static const WireField create_filter[] = {
        {"spec", POINTS(CreateFilterRequestType, spec, PropertyFilterSpec), REQUIRED,
         &type_PropertyFilterSpec},
        {"partialUpdates", AT(CreateFilterRequestType, partial_updates), REQUIRED},
};
DEFINE_TYPE(CreateFilterRequestType, create_filter);

static const WireField check_for_updates[] = {
        {"version", AT(CheckForUpdatesRequestType, version), OPTIONAL},
};
DEFINE_TYPE(CheckForUpdatesRequestType, check_for_updates);

static const WireField wait_for_updates[] = {
        {"version", AT(WaitForUpdatesRequestType, version), OPTIONAL},
};
DEFINE_TYPE(WaitForUpdatesRequestType, wait_for_updates);

static const WireField wait_for_updates_ex[] = {
        {"version", AT(WaitForUpdatesExRequestType, version), OPTIONAL},
        {"options", POINTS(WaitForUpdatesExRequestType, options, WaitOptions), OPTIONAL,
         &type_WaitOptions},
};
DEFINE_TYPE(WaitForUpdatesExRequestType, wait_for_updates_ex);

static const WireField fetch[] = {
        {"prop", AT(FetchRequestType, prop), REQUIRED},
};
DEFINE_TYPE(FetchRequestType, fetch);
