#pragma once

/* The tables of properties, one per managed object type. */

#include "property/object.h"
#include "schema/tables.h"

extern const Property datacenter_properties[];
extern const Property folder_properties[];
extern const Property guest_operations_manager_properties[];
extern const Property managed_entity_properties[];
extern const Property service_instance_properties[];
extern const Property session_manager_properties[];
extern const Property task_properties[];
extern const Property virtual_machine_properties[];
extern const size_t n_datacenter_properties;
extern const size_t n_folder_properties;
extern const size_t n_guest_operations_manager_properties;
extern const size_t n_managed_entity_properties;
extern const size_t n_service_instance_properties;
extern const size_t n_session_manager_properties;
extern const size_t n_task_properties;
extern const size_t n_virtual_machine_properties;
