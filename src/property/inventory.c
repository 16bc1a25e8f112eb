/* Properties of the managed entities. */

#include "property/tables.h"

static const char privilege_view[] = "System.View";
static const char privilege_read[] = "System.Read";

static Moref reference(const Entity *entity)
{
        return (Moref){entity->type->name, entity->moid};
}

static int get_name(const PropertyContext *context, const Object *object, void *ret)
{
        *(char **)ret = arena_strdup(context->arena, object->entity->name);
        return *(void **)ret ? 1 : -ENOMEM;
}

static int get_parent(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        if (!object->entity->parent)
                return 0;
        *(Moref *)ret = reference(object->entity->parent);
        return 1;
}

static const Property managed_entity[] = {
        {"name", FORM_STRING, NULL, privilege_view, get_name},
        {"parent", FORM_MOREF, NULL, privilege_view, get_parent},
};
PROPERTIES(ManagedEntity, managed_entity);

/* Folder */

static int get_child_entity(const PropertyContext *context, const Object *object, void *ret)
{
        WireMorefs *children = ret;
        const Entity *child;
        size_t n = 0;

        TAILQ_FOREACH (child, &object->entity->children, entry)
                n++;
        children->n = n;
        children->items = arena_array(context->arena, n + 1, sizeof(*children->items));
        if (!children->items)
                return -ENOMEM;
        n = 0;
        TAILQ_FOREACH (child, &object->entity->children, entry)
                children->items[n++] = reference(child);
        return 1;
}

/* What each folder may hold; by its id. */
static const struct {
        const char *moid;
        const char *types[4];
} child_types[] = {
        {"group-d1", {"Folder", "Datacenter"}},     {"group-h4", {"Folder", "ComputeResource"}},
        {"group-n6", {"Folder", "Network"}},        {"group-s5", {"Folder", "Datastore"}},
        {"group-v3", {"Folder", "VirtualMachine"}},
};

static int get_child_type(const PropertyContext *context, const Object *object, void *ret)
{
        WireStrings *types = ret;

        types->items =
                arena_array(context->arena, ELEMENTS(child_types[0].types), sizeof(*types->items));
        if (!types->items)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(child_types); i++)
                if (strcmp(child_types[i].moid, object->moid) == 0)
                        for (const char *const *type = child_types[i].types; *type; type++)
                                types->items[types->n++] = (char *)*type;
        return 1;
}

static const Property folder[] = {
        {"childEntity", FORM_MOREFS, NULL, privilege_view, get_child_entity},
        {"childType", FORM_STRINGS, NULL, privilege_view, get_child_type},
};
PROPERTIES(Folder, folder);

/* Datacenter */

static int get_folder(const PropertyContext *context, const char *name, void *ret)
{
        *(Moref *)ret = reference(inventory_folder(context->inventory, name));
        return 1;
}

static int get_datastore_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "datastore", ret);
}

static int get_host_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "host", ret);
}

static int get_network_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "network", ret);
}

static int get_vm_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "vm", ret);
}

static const Property datacenter[] = {
        {"datastoreFolder", FORM_MOREF, NULL, privilege_view, get_datastore_folder},
        {"hostFolder", FORM_MOREF, NULL, privilege_view, get_host_folder},
        {"networkFolder", FORM_MOREF, NULL, privilege_view, get_network_folder},
        {"vmFolder", FORM_MOREF, NULL, privilege_view, get_vm_folder},
};
PROPERTIES(Datacenter, datacenter);

/* VirtualMachine */

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
        {"guest", FORM_OBJECT, &type_GuestInfo, privilege_read, get_guest},
        {"runtime", FORM_OBJECT, &type_VirtualMachineRuntimeInfo, privilege_read, get_runtime},
};
PROPERTIES(VirtualMachine, virtual_machine);

/* Task */

static int get_info(const PropertyContext *context, const Object *object, void *ret)
{
        static TaskReasonSystem reason = {.base.type = &type_TaskReasonSystem};
        TaskInfo *info = arena_new_object(context->arena, TaskInfo);
        const VmTask *task = object->task;

        if (!info)
                return -ENOMEM;
        *info = (TaskInfo){
                .type = &type_TaskInfo,
                .key = (char *)task->moid,
                .task = {"Task", task->moid},
                .name = (char *)task->job,
                .description_id = (char *)"guestops.hypervisorJob",
                .entity = {"VirtualMachine", task->vm_moid},
                .entity_name = task->vm_name,
                .state = (char *)(task->ended ? "success" : "running"),
                .reason = &reason.base,
                .queue_time = {true, task->started},
                .start_time = {true, task->started},
                .complete_time = {task->ended != 0, task->ended},
                .event_chain_id = (int32_t)task->number,
        };
        *(TaskInfo **)ret = info;
        return 1;
}

static const Property task[] = {
        {"info", FORM_OBJECT, &type_TaskInfo, privilege_view, get_info},
};
PROPERTIES(Task, task);
