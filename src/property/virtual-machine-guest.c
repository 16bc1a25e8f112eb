/* VirtualMachine.guest, and the short of it. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/guest-disk.h"
#include "property/guest-net.h"
#include "property/virtual-machine.h"

bool vm_guest_is_ready(const Vm *vm)
{
        return vm->facts.ready && vm->state.runs;
}

const char *vm_guest_id(const Vm *vm)
{
        return vm->facts.seen ? "otherLinux64Guest" : "otherGuest";
}

/* Our agent, in the words for VMware Tools. Unmanaged: the guest's owner keeps it up to date. */
static const char *tools_status(const Vm *vm)
{
        if (vm_guest_is_ready(vm))
                return "toolsOk";
        return vm->facts.seen ? "toolsNotRunning" : "toolsNotInstalled";
}

static const char *tools_version_status(const Vm *vm)
{
        return vm->facts.seen ? "guestToolsUnmanaged" : "guestToolsNotInstalled";
}

static const char *tools_running_status(const Vm *vm)
{
        return vm_guest_is_ready(vm) ? "guestToolsRunning" : "guestToolsNotRunning";
}

/* GuestInfo.guestState: running, shuttingDown, resetting, standby, notRunning, unknown */
static const char *guest_state(const Vm *vm)
{
        if (vm->state.power == VM_POWERED_OFF)
                return "notRunning";
        if (vm->state.power == VM_SUSPENDED)
                return "standby";
        return vm_guest_is_ready(vm) ? "running" : "unknown";
}

static char *fact(const char *text)
{
        return *text ? (char *)text : NULL;
}

GuestInfo *vm_describe_guest(const PropertyContext *context, const Vm *vm)
{
        GuestInfo *info = arena_new_object(context->arena, GuestInfo);
        const GuestFacts *facts = &vm->facts;

        if (!info)
                return NULL;
        *info = (GuestInfo){
                .type = &type_GuestInfo,
                .tools_status = (char *)tools_status(vm),
                .tools_version_status = (char *)tools_version_status(vm),
                .tools_version_status2 = (char *)tools_version_status(vm),
                .tools_running_status = (char *)tools_running_status(vm),
                .guest_state = (char *)guest_state(vm),
                .guest_operations_ready = {true, vm_guest_is_ready(vm)},
                .interactive_guest_operations_ready = {true, false},
                .guest_state_change_supported = {true, vm->source->type->power},
        };
        if (facts->known) {
                info->tools_version = fact(facts->version);
                info->guest_id = (char *)vm_guest_id(vm);
                info->guest_family = (char *)"linuxGuest";
                info->guest_full_name = fact(facts->os_name);
                info->host_name = fact(facts->host_name);
                guest_net_fill(context, vm, info);
                guest_disk_fill(context, vm, info);
        }
        return info;
}

VirtualMachineGuestSummary *vm_describe_guest_summary(const PropertyContext *context, const Vm *vm)
{
        VirtualMachineGuestSummary *summary =
                arena_new_object(context->arena, VirtualMachineGuestSummary);

        if (!summary)
                return NULL;
        *summary = (VirtualMachineGuestSummary){
                .type = &type_VirtualMachineGuestSummary,
                .tools_status = (char *)tools_status(vm),
                .tools_version_status = (char *)tools_version_status(vm),
                .tools_version_status2 = (char *)tools_version_status(vm),
                .tools_running_status = (char *)tools_running_status(vm),
        };
        if (vm->facts.known) {
                summary->guest_id = (char *)vm_guest_id(vm);
                summary->guest_full_name = fact(vm->facts.os_name);
                summary->host_name = fact(vm->facts.host_name);
                summary->ip_address = fact(vm->facts.ip_address);
        }
        return summary;
}
