/* HostSystem: this very host. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static HostRuntimeInfo *describe_runtime(const PropertyContext *context)
{
        HostRuntimeInfo *runtime = arena_new_object(context->arena, HostRuntimeInfo);

        if (runtime)
                *runtime = (HostRuntimeInfo){
                        .type = &type_HostRuntimeInfo,
                        .connection_state = (char *)"connected",
                        .power_state = (char *)"poweredOn",
                        .boot_time = {true, context->host->boot_time},
                };
        return runtime;
}

static HostConfigSummary *describe_config_summary(const PropertyContext *context,
                                                  const Entity *host)
{
        HostConfigSummary *config = arena_new_object(context->arena, HostConfigSummary);

        if (config)
                *config = (HostConfigSummary){
                        .type = &type_HostConfigSummary,
                        .name = host->name,
                        .port = context->host->port,
                        .ssl_thumbprint = (char *)context->host->thumbprint,
                        .product = (AboutInfo *)context->about,
                };
        return config;
}

static HostListSummary *describe_summary(const PropertyContext *context, const Entity *host)
{
        static HostListSummaryQuickStats nothing = {&type_HostListSummaryQuickStats};
        HostListSummary *summary = arena_new_object(context->arena, HostListSummary);

        if (!summary)
                return NULL;
        *summary = (HostListSummary){
                .type = &type_HostListSummary,
                .host = entity_reference(host),
                .runtime = describe_runtime(context),
                .config = describe_config_summary(context, host),
                .quick_stats = &nothing,
                .overall_status = (char *)STATUS_UNKNOWN,
        };
        return summary->runtime && summary->config ? summary : NULL;
}

/*
 * govc, told that this is a vCenter, looks here for the address that files are transferred by. No
 * addresses at all: it takes the one that it has.
 */
static HostConfigInfo *describe_config(const PropertyContext *context, const Entity *host)
{
        static HostVirtualNicManagerInfo no_nics = {&type_HostVirtualNicManagerInfo};
        HostConfigInfo *config = arena_new_object(context->arena, HostConfigInfo);

        if (config)
                *config = (HostConfigInfo){
                        .type = &type_HostConfigInfo,
                        .host = entity_reference(host),
                        .product = (AboutInfo *)context->about,
                        .virtual_nic_manager_info = &no_nics,
                };
        return config;
}

static int get_config(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(describe_config(context, object->entity), ret);
}

static int get_runtime(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return property_object(describe_runtime(context), ret);
}

static int get_summary(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(describe_summary(context, object->entity), ret);
}

static const Property host_system[] = {
        {"answerFileValidationResult", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"answerFileValidationState", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"capability", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"complianceCheckResult", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"complianceCheckState", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"config", FORM_OBJECT, &type_HostConfigInfo, PRIVILEGE_READ, get_config},
        {"configManager", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"datastoreBrowser", FORM_MOREF, NULL, PRIVILEGE_VIEW, property_unset},
        {"hardware", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"licensableResource", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"precheckRemediationResult", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"remediationResult", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"remediationState", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"runtime", FORM_OBJECT, &type_HostRuntimeInfo, PRIVILEGE_READ, get_runtime},
        {"summary", FORM_OBJECT, &type_HostListSummary, PRIVILEGE_READ, get_summary},
        {"systemResources", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"vm", FORM_MOREFS, NULL, PRIVILEGE_READ, property_all_vms},
};
PROPERTIES(HostSystem, host_system);
