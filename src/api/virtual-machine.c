/* VirtualMachine: power. Source: vSphere Web Services API, release 8.0.2.0. */

#include "api/handlers.h"
#include "inventory/vm-fault.h"
#include "schema/tables.h"

/* By method: what the provider is asked for, and vSphere's name for the task. */
static const struct {
        const char *method;
        PowerAction action;
        const char *description;
} actions[] = {
        {"PowerOffVM_Task", POWER_OFF, "VirtualMachine.powerOff"},
        {"PowerOnVM_Task", POWER_ON, "VirtualMachine.powerOn"},
        {"RebootGuest", POWER_REBOOT_GUEST, "VirtualMachine.rebootGuest"},
        {"ResetVM_Task", POWER_RESET, "VirtualMachine.reset"},
        {"ShutdownGuest", POWER_SHUTDOWN_GUEST, "VirtualMachine.shutdownGuest"},
        {"StandbyGuest", POWER_STANDBY_GUEST, "VirtualMachine.standbyGuest"},
        {"SuspendVM_Task", POWER_SUSPEND, "VirtualMachine.suspend"},
};

static PowerOrder order_of(const Call *call)
{
        PowerOrder order = {.name = call->method->name, .user = call->session->user};

        for (size_t i = 0; i < ELEMENTS(actions); i++)
                if (strcmp(actions[i].method, call->method->name) == 0) {
                        order.action = actions[i].action;
                        order.description = actions[i].description;
                }
        return order;
}

static int fault_not_supported(Call *call, const char *why)
{
        return call_fault(call, FAULT_NOT_SUPPORTED, NULL,
                          "The operation is not supported on the object: %s.", why);
}

static int check_power_state(const Vm *vm, PowerAction action, Call *call)
{
        const VmState *state = &vm->state;
        bool is_there = false, may_be_begun = state->power == VM_POWERED_ON;

        switch (action) {
        case POWER_ON:
                /* What is on and does not run may not have been started yet. */
                is_there = state->power == VM_POWERED_ON && state->runs;
                may_be_begun = true;
                break;
        case POWER_OFF:
                is_there = state->power == VM_POWERED_OFF;
                may_be_begun = true;
                break;
        case POWER_SUSPEND:
                is_there = state->power == VM_SUSPENDED;
                break;
        case POWER_RESET:
        case POWER_SHUTDOWN_GUEST:
        case POWER_REBOOT_GUEST:
        case POWER_STANDBY_GUEST:
                break;
        }
        if (is_there)
                return vm_fault_power_state(vm, state->power, &call->fault, call->arena);
        if (!may_be_begun)
                return vm_fault_power_state(vm, VM_POWERED_ON, &call->fault, call->arena);
        return 0;
}

/* The provider itself knows what else is in the way of the others. */
static bool needs_to_run(PowerAction action)
{
        return action != POWER_ON && action != POWER_OFF && action != POWER_RESET;
}

static int check(const Vm *vm, PowerAction action, Call *call)
{
        int r;

        if (!vm->source->type->power)
                return fault_not_supported(
                        call, arena_printf(call->arena,
                                           "provider %s has no power operations; use those of the "
                                           "machine's own system",
                                           vm->source->type->name));
        if (vm_busy_with(vm))
                return vm_fault_busy(vm, &call->fault, call->arena);
        r = check_power_state(vm, action, call);
        if (r < 0)
                return r;
        if (needs_to_run(action) && !vm->state.runs)
                return vm_fault_stopped(vm, &call->fault, call->arena);
        return 0;
}

static int fault_refused(const Vm *vm, const ProviderResult *result, Call *call)
{
        if (result->error == -EOPNOTSUPP)
                return fault_not_supported(call, result->why);
        if (result->error != -EBUSY)
                return result->error;
        if (!result->why)
                return vm_fault_stopped(vm, &call->fault, call->arena);
        return call_fault(call, FAULT_INVALID_STATE, NULL,
                          "The operation is not allowed in the current state: %s.", result->why);
}

/* There is one host, and the machine is on it. */
static int check_host(const Service *service, Call *call)
{
        const PowerOnVMRequestType *args = call->params;

        if (args->type != &type_PowerOnVMRequestType || !args->host.value)
                return 0;
        if (strcmp(args->host.type, "HostSystem") != 0 ||
            !inventory_find(service->inventory, "HostSystem", args->host.value))
                return call_fault_no_object(call, &args->host);
        return 0;
}

/* Whoever asked for something of the guest's waits until the hypervisor has taken the request. */
static void on_task_end(VmTask *task, Usec now)
{
        Call *call = task->waiter;

        if (task->state == TASK_SUCCESS) {
                call_reply(call, NULL, now);
                return;
        }
        (void)task_fault(task, &call->fault, call->arena);
        call_fail(call, now);
}

static void on_abandon(Call *call, Usec now)
{
        VmTask *task = call->parked;

        (void)now;
        task->on_end = NULL;
}

static int power(Service *service, Call *call, Usec now)
{
        const PowerOrder order = order_of(call);
        Vm *vm = inventory_find_vm(service->inventory, call->receiver.value);
        ProviderResult result;
        VmTask *task = NULL;
        int r;

        if (!vm)
                return call_fault_no_object(call, &call->receiver);
        call->vm_name = arena_strdup(call->arena, vm->entity.name);
        r = check_host(service, call);
        if (r >= 0)
                r = check(vm, order.action, call);
        if (r < 0)
                return r;
        result = inventory_power(service->inventory, vm, &order, &task, now);
        if (result.error < 0)
                return fault_refused(vm, &result, call);
        if (call->method->result == FORM_MOREF) {
                const Moref moref = {"Task", task->moid};

                call_reply(call, &moref, now);
                return 0;
        }
        task->on_end = on_task_end;
        task->waiter = call;
        call->parked = task;
        call->abandon = on_abandon;
        return 0;
}

const Handler virtual_machine_handlers[] = {
        {"PowerOffVM_Task", power}, {"PowerOnVM_Task", power}, {"RebootGuest", power},
        {"ResetVM_Task", power},    {"ShutdownGuest", power},  {"StandbyGuest", power},
        {"SuspendVM_Task", power},
};
const size_t n_virtual_machine_handlers = ELEMENTS(virtual_machine_handlers);
