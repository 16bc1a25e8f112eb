/* VirtualMachine. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/virtual-machine.h"

static const Vm *vm_of(const Object *object)
{
        return container_of(object->entity, const Vm, entity);
}

static VirtualMachineRuntimeInfo *describe_runtime(const PropertyContext *context, const Vm *vm)
{
        VirtualMachineRuntimeInfo *runtime =
                arena_new_object(context->arena, VirtualMachineRuntimeInfo);

        if (runtime)
                *runtime = (VirtualMachineRuntimeInfo){
                        .type = &type_VirtualMachineRuntimeInfo,
                        .host = entity_reference(inventory_host(context->inventory)),
                        .connection_state =
                                (char *)(vm->source->lost ? "disconnected" : "connected"),
                        .power_state = (char *)vm_power_name(vm->state.power),
                        .fault_tolerance_state = (char *)"notConfigured",
                        .record_replay_state = (char *)"inactive",
                };
        return runtime;
}

/* An agent that does not answer is gray, like none: red would be a guest that has stopped. */
static const char *heartbeat_status(const Vm *vm)
{
        return vm_guest_is_ready(vm) ? "green" : STATUS_UNKNOWN;
}

static VirtualMachineQuickStats *describe_quick_stats(const PropertyContext *context, const Vm *vm)
{
        VirtualMachineQuickStats *stats =
                arena_new_object(context->arena, VirtualMachineQuickStats);

        if (stats)
                *stats = (VirtualMachineQuickStats){
                        .type = &type_VirtualMachineQuickStats,
                        .guest_heartbeat_status = (char *)heartbeat_status(vm),
                };
        return stats;
}

static VirtualMachineSummary *describe_summary(const PropertyContext *context, const Vm *vm)
{
        VirtualMachineSummary *summary = arena_new_object(context->arena, VirtualMachineSummary);

        if (!summary)
                return NULL;
        *summary = (VirtualMachineSummary){
                .type = &type_VirtualMachineSummary,
                .vm = entity_reference(&vm->entity),
                .runtime = describe_runtime(context, vm),
                .guest = vm_describe_guest_summary(context, vm),
                .config = vm_describe_config_summary(context, vm),
                .quick_stats = describe_quick_stats(context, vm),
                .overall_status = (char *)STATUS_UNKNOWN,
        };
        if (!summary->runtime || !summary->guest || !summary->config || !summary->quick_stats)
                return NULL;
        return summary;
}

static int get_config(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(vm_describe_config(context, vm_of(object)), ret);
}

static int get_guest(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(vm_describe_guest(context, vm_of(object)), ret);
}

static int get_guest_heartbeat_status(const PropertyContext *context, const Object *object,
                                      void *ret)
{
        (void)context;
        *(char **)ret = (char *)heartbeat_status(vm_of(object));
        return 1;
}

static int get_runtime(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(describe_runtime(context, vm_of(object)), ret);
}

static int get_summary(const PropertyContext *context, const Object *object, void *ret)
{
        return property_object(describe_summary(context, vm_of(object)), ret);
}

static const Property virtual_machine[] = {
        {"capability", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"config", FORM_OBJECT, &type_VirtualMachineConfigInfo, PRIVILEGE_READ, get_config},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"environmentBrowser", FORM_MOREF, NULL, PRIVILEGE_READ, property_unset},
        {"guest", FORM_OBJECT, &type_GuestInfo, PRIVILEGE_READ, get_guest},
        {"guestHeartbeatStatus", FORM_STRING, &type_ManagedEntityStatus, PRIVILEGE_READ,
         get_guest_heartbeat_status},
        {"layout", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"layoutEx", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"parentVApp", FORM_MOREF, NULL, PRIVILEGE_READ, property_unset},
        {"resourceConfig", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"resourcePool", FORM_MOREF, NULL, PRIVILEGE_READ, property_resource_pool},
        {"rootSnapshot", FORM_MOREFS, NULL, PRIVILEGE_READ, property_unset},
        {"runtime", FORM_OBJECT, &type_VirtualMachineRuntimeInfo, PRIVILEGE_READ, get_runtime},
        {"snapshot", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"storage", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"summary", FORM_OBJECT, &type_VirtualMachineSummary, PRIVILEGE_READ, get_summary},
};
PROPERTIES(VirtualMachine, virtual_machine);
