/* VirtualMachine. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static const Vm *vm_of(const Object *object)
{
        return container_of(object->entity, const Vm, entity);
}

static int get_runtime(const PropertyContext *context, const Object *object, void *ret)
{
        VirtualMachineRuntimeInfo *runtime =
                arena_new_object(context->arena, VirtualMachineRuntimeInfo);

        if (!runtime)
                return -ENOMEM;
        *runtime = (VirtualMachineRuntimeInfo){
                .type = &type_VirtualMachineRuntimeInfo,
                .connection_state = (char *)"connected",
                .power_state = (char *)vm_power_name(vm_of(object)->state.power),
                .fault_tolerance_state = (char *)"notConfigured",
                .record_replay_state = (char *)"inactive",
        };
        *(VirtualMachineRuntimeInfo **)ret = runtime;
        return 1;
}

/* GuestInfo.guestState: running, shuttingDown, resetting, standby, notRunning, unknown */
static const char *guest_state(const Vm *vm, bool ready)
{
        if (vm->state.power == VM_POWERED_OFF)
                return "notRunning";
        if (vm->state.power == VM_SUSPENDED)
                return "standby";
        return ready ? "running" : "unknown";
}

static int get_guest(const PropertyContext *context, const Object *object, void *ret)
{
        GuestInfo *info = arena_new_object(context->arena, GuestInfo);
        const Vm *vm = vm_of(object);
        bool ready = vm->facts.ready && vm->state.runs;

        if (!info)
                return -ENOMEM;
        *info = (GuestInfo){
                .type = &type_GuestInfo,
                .tools_status = (char *)(ready ? "toolsOk" : "toolsNotRunning"),
                .tools_version_status2 = (char *)"guestToolsUnmanaged",
                .tools_running_status =
                        (char *)(ready ? "guestToolsRunning" : "guestToolsNotRunning"),
                .guest_state = (char *)guest_state(vm, ready),
                .guest_operations_ready = {true, ready},
                .interactive_guest_operations_ready = {true, false},
        };
        if (vm->facts.known) {
                info->tools_version = arena_strdup(context->arena, vm->facts.version);
                info->guest_full_name = arena_strdup(context->arena, vm->facts.os_name);
                info->host_name = arena_strdup(context->arena, vm->facts.host_name);
        }
        *(GuestInfo **)ret = info;
        return 1;
}

static const Property virtual_machine[] = {
        {"guest", FORM_OBJECT, &type_GuestInfo, PRIVILEGE_READ, get_guest},
        {"runtime", FORM_OBJECT, &type_VirtualMachineRuntimeInfo, PRIVILEGE_READ, get_runtime},
};
PROPERTIES(VirtualMachine, virtual_machine);
