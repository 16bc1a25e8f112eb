/* Finding managed objects. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

static const WireField find_by_uuid[] = {
        {"datacenter", AT(FindByUuidRequestType, datacenter), OPTIONAL},
        {"uuid", AT(FindByUuidRequestType, uuid), REQUIRED},
        {"vmSearch", AT(FindByUuidRequestType, vm_search), REQUIRED},
        {"instanceUuid", AT(FindByUuidRequestType, instance_uuid), OPTIONAL},
};
DEFINE_TYPE(FindByUuidRequestType, find_by_uuid);

static const WireField find_all_by_uuid[] = {
        {"datacenter", AT(FindAllByUuidRequestType, datacenter), OPTIONAL},
        {"uuid", AT(FindAllByUuidRequestType, uuid), REQUIRED},
        {"vmSearch", AT(FindAllByUuidRequestType, vm_search), REQUIRED},
        {"instanceUuid", AT(FindAllByUuidRequestType, instance_uuid), OPTIONAL},
};
DEFINE_TYPE(FindAllByUuidRequestType, find_all_by_uuid);

static const WireField find_by_inventory_path[] = {
        {"inventoryPath", AT(FindByInventoryPathRequestType, inventory_path), REQUIRED},
};
DEFINE_TYPE(FindByInventoryPathRequestType, find_by_inventory_path);

static const WireField find_by_datastore_path[] = {
        {"datacenter", AT(FindByDatastorePathRequestType, datacenter), REQUIRED},
        {"path", AT(FindByDatastorePathRequestType, path), REQUIRED},
};
DEFINE_TYPE(FindByDatastorePathRequestType, find_by_datastore_path);

static const WireField find_by_dns_name[] = {
        {"datacenter", AT(FindByDnsNameRequestType, datacenter), OPTIONAL},
        {"dnsName", AT(FindByDnsNameRequestType, dns_name), REQUIRED},
        {"vmSearch", AT(FindByDnsNameRequestType, vm_search), REQUIRED},
};
DEFINE_TYPE(FindByDnsNameRequestType, find_by_dns_name);

static const WireField find_all_by_dns_name[] = {
        {"datacenter", AT(FindAllByDnsNameRequestType, datacenter), OPTIONAL},
        {"dnsName", AT(FindAllByDnsNameRequestType, dns_name), REQUIRED},
        {"vmSearch", AT(FindAllByDnsNameRequestType, vm_search), REQUIRED},
};
DEFINE_TYPE(FindAllByDnsNameRequestType, find_all_by_dns_name);

static const WireField find_by_ip[] = {
        {"datacenter", AT(FindByIpRequestType, datacenter), OPTIONAL},
        {"ip", AT(FindByIpRequestType, ip), REQUIRED},
        {"vmSearch", AT(FindByIpRequestType, vm_search), REQUIRED},
};
DEFINE_TYPE(FindByIpRequestType, find_by_ip);

static const WireField find_all_by_ip[] = {
        {"datacenter", AT(FindAllByIpRequestType, datacenter), OPTIONAL},
        {"ip", AT(FindAllByIpRequestType, ip), REQUIRED},
        {"vmSearch", AT(FindAllByIpRequestType, vm_search), REQUIRED},
};
DEFINE_TYPE(FindAllByIpRequestType, find_all_by_ip);

static const WireField find_child[] = {
        {"entity", AT(FindChildRequestType, entity), REQUIRED},
        {"name", AT(FindChildRequestType, name), REQUIRED},
};
DEFINE_TYPE(FindChildRequestType, find_child);

static const WireField create_container_view[] = {
        {"container", AT(CreateContainerViewRequestType, container), REQUIRED},
        {"type", AT(CreateContainerViewRequestType, managed_types), OPTIONAL},
        {"recursive", AT(CreateContainerViewRequestType, recursive), REQUIRED},
};
DEFINE_TYPE(CreateContainerViewRequestType, create_container_view);

static const WireField create_list_view[] = {
        {"obj", AT(CreateListViewRequestType, obj), OPTIONAL},
};
DEFINE_TYPE(CreateListViewRequestType, create_list_view);
