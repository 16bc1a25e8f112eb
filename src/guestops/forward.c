#include "guestops/forward.h"

#include "guestops/instances.h"
#include "schema/tables.h"

struct GuestOps {
        Loop *loop;
        GuestShared guests;
        Instances instances;
        Usec deadline;
        Transfers *transfers;
};

/* One call on its way to a guest. */
typedef struct Forward {
        GuestRequest request;
        Call *call;
        GuestOps *ops;
        Vm *vm; /* there until the request has ended */
} Forward;

/* Return: where the answer has the agent's name for a transfer, or NULL where it has none. */
static char **find_transfer(const Call *call, const ChannelAnswer *answer)
{
        const WireType *params = call->method->params;
        FileTransferInformation *const *information = answer->result.value;

        if (params == &type_InitiateFileTransferFromGuestRequestType)
                return &(*information)->url;
        if (params == &type_InitiateFileTransferToGuestRequestType)
                return (char **)answer->result.value;
        return NULL;
}

static void on_answer(GuestRequest *request, const ChannelAnswer *answer, Usec now)
{
        Forward *forward = container_of(request, Forward, request);
        Call *call = forward->call;
        char **transfer = answer ? find_transfer(call, answer) : NULL;
        int r = 0;

        if (transfer)
                r = transfer_add(forward->ops->transfers, call, forward->vm, *transfer, now,
                                 transfer);
        if (answer && r >= 0)
                call_reply(call, answer->result.value, now);
        else
                call_fail(call, now);
}

static void on_abandon(Call *call, Usec now)
{
        Forward *forward = call->parked;

        (void)now;
        guest_request_cancel(&forward->request);
}

static const void *find_member(const void *params, const char *name)
{
        const WireField *field = wire_type_field(((const WireObject *)params)->type, name);

        return field ? (const char *)params + field->offset : NULL;
}

/* For the audit: who acts in the guest, and on what. Never arguments, never secrets. */
static void describe(Call *call, const Moref *vm)
{
        static const char *const paths[] = {"guestFilePath", "filePath", "srcFilePath",
                                            "srcDirectoryPath", "directoryPath"};
        const GuestAuthentication *const *auth = find_member(call->params, "auth");
        const TerminateProcessInGuestRequestType *terminate = call->params;
        const StartProgramInGuestRequestType *start = call->params;
        const char *const *path = NULL;

        call->vm = vm->value;
        if (!auth)
                auth = find_member(call->params, "requestedAuth");
        if (auth && *auth && (*auth)->type == &type_NamePasswordAuthentication)
                call->guest_user = ((const NamePasswordAuthentication *)*auth)->username;
        if (start->type == &type_StartProgramInGuestRequestType)
                call->target = start->spec->program_path;
        if (terminate->type == &type_TerminateProcessInGuestRequestType)
                call->target = arena_printf(call->arena, "pid %lld", (long long)terminate->pid);
        for (size_t i = 0; !path && i < ELEMENTS(paths); i++)
                path = find_member(call->params, paths[i]);
        if (path)
                call->target = *path;
}

int guestops_forward(GuestOps *ops, const Inventory *inventory, Call *call, Usec now)
{
        const Moref *moref = find_member(call->params, "vm");
        Forward *forward = arena_new_object(call->arena, Forward);
        Vm *vm;
        int r;

        if (!forward)
                return -ENOMEM;
        describe(call, moref);
        r = call_authorize(call, call->method->privilege, moref);
        if (r < 0)
                return r;
        vm = strcmp(moref->type, "VirtualMachine") == 0 ? inventory_find_vm(inventory, moref->value)
                                                        : NULL;
        if (!vm)
                return call_fault_no_object(call, moref);
        call->vm_name = arena_strdup(call->arena, vm->entity.name);
        if (!vm->guest)
                return -ENOMEM;
        *forward = (Forward){
                .request = {.on_answer = on_answer, .arena = call->arena, .fault = &call->fault},
                .call = call,
                .ops = ops,
                .vm = vm,
        };
        call->parked = forward;
        call->abandon = on_abandon;
        return guest_request(vm->guest, &forward->request, call->method, call->params,
                             call->request_id, now + ops->deadline, now);
}

/* the inventory's machines */

static void on_vm_added(void *user, Vm *vm, Usec now)
{
        GuestOps *ops = user;

        (void)now;
        vm->guest = guest_new(ops->loop, &ops->guests, vm);
}

static void on_vm_changed(void *user, Vm *vm, Usec now)
{
        const GuestOps *ops = user;

        if (vm->state.power != VM_POWERED_ON)
                transfers_end_vm(ops->transfers, vm);
        if (vm->guest)
                guest_vm_changed(vm->guest, now);
}

static void on_guest_changed(void *user, Vm *vm, Usec now)
{
        const GuestOps *ops = user;

        transfers_end_vm(ops->transfers, vm);
        if (vm->guest)
                guest_reset(vm->guest, now);
}

static void on_vm_removed(void *user, Vm *vm, Usec now)
{
        const GuestOps *ops = user;

        transfers_end_vm(ops->transfers, vm);
        vm->guest = guest_free(vm->guest, now);
}

static void on_channel(void *user, Vm *vm, int fd, const ProviderResult *result, Usec now)
{
        (void)user;
        if (vm->guest)
                guest_channel_opened(vm->guest, fd, result, now);
        else
                fd_close(fd);
}

static void on_channel_there(void *user, Vm *vm, Usec now)
{
        (void)user;
        if (vm->guest)
                guest_channel_there(vm->guest, now);
}

InventoryCallbacks guestops_inventory_callbacks(GuestOps *ops)
{
        return (InventoryCallbacks){
                .on_vm_added = on_vm_added,
                .on_vm_changed = on_vm_changed,
                .on_guest_changed = on_guest_changed,
                .on_vm_removed = on_vm_removed,
                .on_channel = on_channel,
                .on_channel_there = on_channel_there,
                .user = ops,
        };
}

Transfers *guestops_transfers(const GuestOps *ops)
{
        return ops->transfers;
}

GuestOps *guestops_new(Loop *loop, const GuestConfig *config, const TransferLimits *limits,
                       Usec deadline)
{
        _cleanup_(guestops_freep) GuestOps *ops = malloc(sizeof(*ops));

        if (!ops)
                return NULL;
        *ops = (GuestOps){
                .loop = loop,
                .guests.config = *config,
                .deadline = deadline,
                .transfers = transfers_new(loop, limits, deadline),
        };
        ops->guests.instances = &ops->instances;
        return ops->transfers ? moved(ops) : NULL;
}

GuestOps *guestops_free(GuestOps *ops)
{
        if (!ops)
                return NULL;
        transfers_free(ops->transfers);
        free(ops);
        return NULL;
}
